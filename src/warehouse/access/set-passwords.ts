import type { Secret } from '../../core/secret.ts'
import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { USERS, type User } from '../roles.ts'
import { isVerifierOf, scramVerifier } from './scram-verifier.ts'

export interface GivenPassword {
  readonly user: User
  readonly password: Secret
  readonly isNew: boolean
}

export interface PasswordOutcome {
  readonly user: User
  /** `kept`: the server had it already. */
  readonly outcome: 'set' | 'kept'
  readonly isNew: boolean
}

/** Part of a transaction of the caller. Whether the server has a password already, only a superuser can see: others set it again. */
export async function setPasswords(
  session: SqlSession,
  passwords: readonly GivenPassword[],
  isSuperuser: boolean,
): Promise<PasswordOutcome[]> {
  if (passwords.length === 0) return []
  if (isSuperuser) await keepOutOfLog(session)
  const outcomes: PasswordOutcome[] = []
  for (const { user, password, isNew } of passwords) {
    const isKept = isSuperuser && isVerifierOf(await storedVerifier(session, user), password.reveal())
    if (!isKept) {
      await session.query(`ALTER ROLE ${quoteName(user)} PASSWORD ${quoteText(scramVerifier(password.reveal()))}`)
    }
    outcomes.push({ user, outcome: isKept ? 'kept' : 'set', isNew })
  }
  return outcomes
}

/** Who cannot log in by a password. Where that cannot be seen: to whom none was given. */
export async function usersWithoutPassword(
  session: SqlSession,
  given: readonly GivenPassword[],
  isSuperuser: boolean,
): Promise<User[]> {
  const without: User[] = []
  for (const user of Object.keys(USERS) as User[]) {
    if (given.some((password) => password.user === user)) continue
    if (!isSuperuser || (await storedVerifier(session, user)) === null) without.push(user)
  }
  return without
}

/** A verifier is no password, but whoever reads it can try passwords at leisure. */
export async function keepOutOfLog(session: SqlSession): Promise<void> {
  for (const setting of [
    "log_statement = 'none'",
    "log_min_error_statement = 'panic'",
    'log_min_duration_statement = -1',
    'log_min_duration_sample = -1',
    'log_transaction_sample_rate = 0',
  ])
    await session.query(`SET LOCAL ${setting}`)
}

async function storedVerifier(session: SqlSession, user: User): Promise<string | null> {
  const { rows } = await session.query('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [user])
  return (rows[0]?.[0] ?? null) as string | null
}
