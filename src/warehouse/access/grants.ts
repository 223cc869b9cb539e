import { GROUPS, type Group } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { HEALTH_TABLE, PROGRESS_TABLES } from './ownership-steps.ts'

export type TablePrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'

/** What the groups may, beside the owner: `etl` owns all of it. */
export type Grants = Readonly<Record<Exclude<Group, 'etl'>, readonly TablePrivilege[]>>

const READ = ['SELECT'] as const
const viewTable: Grants = { reader: READ, analyst: READ, admin: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], backup: READ }
const readByAll: Grants = { reader: READ, analyst: READ, admin: READ, backup: READ }
const progress: Grants = { reader: [], analyst: [], admin: [], backup: READ }

/** The audit log's rights are its own part's; what they are to be is tried like all others. */
export type ObjectKind = 'view table' | 'SQL view' | 'health table' | 'progress table' | 'audit log'

export const grantsOf: Readonly<Record<ObjectKind, Grants>> = {
  'view table': viewTable,
  'SQL view': readByAll,
  'health table': readByAll,
  'progress table': progress,
  'audit log': { reader: [], analyst: [], admin: READ, backup: READ },
}

export interface WindrowObject {
  readonly name: string
  readonly kind: ObjectKind
}

/** All that windrow makes in the schema, whether it is there or not. */
export function objectsOf(target: SetupTarget): WindrowObject[] {
  return [
    ...target.views.map(({ name }) => ({ name, kind: 'view table' as const })),
    ...target.sqlViews.map((name) => ({ name, kind: 'SQL view' as const })),
    { name: HEALTH_TABLE, kind: 'health table' },
    ...PROGRESS_TABLES.map((name) => ({ name, kind: 'progress table' as const })),
  ]
}

/** The groups that own nothing. */
export const GRANTEES = Object.keys(GROUPS).filter((group) => group !== 'etl') as Exclude<Group, 'etl'>[]
