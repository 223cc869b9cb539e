/**
 * The group roles of the Postgres view. None can log in: people and programs become members. What each may is in `access/`; what a
 * member of several may is all of it.
 */
export const GROUPS = {
  /** Owns the tables and views that windrow makes, so that it may write, extend and replace them: the pipeline and nobody else. */
  etl: 'windrow_etl',
  /** Dashboards: reads the last 30 days. */
  reader: 'windrow_reader',
  /** Analysts: reads the last 6 months, and may make temporary tables. */
  analyst: 'windrow_analyst',
  /** Reads and changes every row, which is audited, and runs what administrators run. */
  admin: 'windrow_admin',
  /** Reads everything, also what no other role sees, and changes nothing. */
  backup: 'windrow_backup',
} as const

export type Group = keyof typeof GROUPS

/** Owners of what nobody else may touch. No person or program is ever a member. */
export const KEEPERS = {
  /** Owns the audit log and what writes it. */
  audit: 'windrow_audit',
  /** Owns the function that changes passwords: may do that to the users below, and nothing else. */
  passwords: 'windrow_passwords',
} as const

/** The users that can log in, and the group of each. */
export const USERS = {
  user_etl: 'etl',
  user_data_analyst: 'analyst',
  user_readonly: 'reader',
  user_backup: 'backup',
} as const satisfies Record<string, Group>

export type User = keyof typeof USERS
