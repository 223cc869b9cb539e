import { WindrowError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { sqlStateOf } from '../../sinks/postgres/sql-errors.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import type { User } from '../roles.ts'
import { scramVerifier } from './scram-verifier.ts'
import { keepOutOfLog } from './set-passwords.ts'
import { sessionSteps } from './setup-steps.ts'

const NO_SUCH_FUNCTION = '42883'
const NO_RIGHT = '42501'

/** Through the function that audits it; the server gets to see a verifier alone. Rejects with WR_ACCESS_NOT_SET_UP, WR_ACCESS_RIGHTS. */
export async function changePassword(client: SqlClient, schema: string, user: User, password: Secret): Promise<void> {
  const verifier = scramVerifier(password.reveal())
  try {
    await client.transaction(async (session) => {
      for (const { sql } of sessionSteps) await session.query(sql)
      const { rows } = await session.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')
      if (rows[0]?.[0] === true) await keepOutOfLog(session)
      await session.query(`SELECT ${tableName(schema, 'change_user_password')}($1, $2)`, [user, verifier])
    })
  } catch (error) {
    switch (sqlStateOf(error)) {
      case NO_SUCH_FUNCTION:
        throw new WindrowError('WR_ACCESS_NOT_SET_UP', {
          message: 'the database has no function change_user_password',
          remedy: 'Run `windrow access setup` first.',
          kind: 'usage',
          cause: error,
        })
      case NO_RIGHT:
        throw new WindrowError('WR_ACCESS_RIGHTS', {
          message: 'only members of windrow_admin change passwords',
          remedy: 'Set POSTGRES_ADMIN_URL to the address of a superuser or of a member of windrow_admin.',
          kind: 'usage',
          cause: error,
        })
      default:
        throw error
    }
  }
}
