import { Transform } from 'node:stream'
import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { refuseOtherOwnersStep } from '../access/other-owners.ts'
import { beginAs, type Membership, roleSteps } from '../access/role-steps.ts'
import { sessionSteps, setupSteps } from '../access/setup-steps.ts'
import { doBlock } from '../access/sql-text.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import type { BackupManifest } from './backup-manifest.ts'

export interface ScriptOptions {
  readonly target: SetupTarget
  readonly manifest: BackupManifest
  /** Those of the manifest that are roles of this server. */
  readonly members: readonly Membership[]
  readonly isSuperuser: boolean
  /** What the dump has is dropped first where it is there. */
  readonly replaces: boolean
}

/** Before what pg_restore writes: a transaction, in which the roles are made that the dump gives things to. */
export function beforeDump({ target, manifest, members, replaces }: ScriptOptions): string {
  const { schema } = target
  return script([
    'BEGIN',
    "SET LOCAL lock_timeout = '60s'",
    // In the order in which a sink takes them: else the two could wait for each other.
    ...(replaces ? ['windrow_mends', 'windrow_progress'].map((name) => lockIfThere(schema, name)) : []),
    `SELECT set_config('windrow.restore_epoch', '0', true)`,
    ...(replaces ? [noteEpoch(schema)] : []),
    ...(manifest.access === null ? [] : statements([...sessionSteps, ...roleSteps(members)])),
  ])
}

/**
 * After it: what was restored is counted, nobody who wrote before goes on unasked, and what a dump of a database has not (who may connect, what
 * logins begin with) is as `access setup` makes it. Then the end of the transaction.
 */
export function afterDump({ target, manifest, members, isSuperuser }: ScriptOptions): string {
  const { schema } = target
  return script([
    ...statements(sessionSteps),
    assertCounts(manifest),
    // The audit has what was in the backup, and not the restore.
    ...(isSuperuser ? ["SET LOCAL session_replication_role = 'replica'"] : []),
    fence(schema),
    ...(isSuperuser ? ["SET LOCAL session_replication_role = 'origin'"] : []),
    ...(manifest.access === null
      ? []
      : [
          ...statements([refuseOtherOwnersStep(target), ...setupSteps(target, members)]),
          ...members.filter(({ group }) => group === 'etl').map(beginAgain),
        ]),
    'COMMIT',
  ])
}

const statements = (steps: readonly SetupStep[]): string[] => steps.map(({ sql }) => sql)

/** Each at the beginning of a line, after an empty one: nothing that pg_restore wrote runs into it. */
const script = (sql: readonly string[]): string => `\n${sql.map((each) => `${each};\n`).join('')}`

function lockIfThere(schema: string, name: string): string {
  const table = tableName(schema, name)
  return doBlock(`BEGIN
  IF to_regclass(${quoteText(table)}) IS NOT NULL THEN LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE; END IF;
END`)
}

/** Claims of before are known by their number. */
function noteEpoch(schema: string): string {
  const progress = tableName(schema, 'windrow_progress')
  return doBlock(`BEGIN
  IF to_regclass(${quoteText(progress)}) IS NOT NULL THEN
    PERFORM set_config('windrow.restore_epoch', (SELECT coalesce(max(owner_epoch), 0) FROM ${progress})::text, true);
  END IF;
END`)
}

/**
 * A sink that is at work knows itself to be the owner by a number, and how far it is without asking: it would go on behind rows that the backup has
 * not, and they would be missing for ever. With other numbers it has to ask.
 */
function fence(schema: string): string {
  const progress = tableName(schema, 'windrow_progress')
  return doBlock(`BEGIN
  IF to_regclass(${quoteText(progress)}) IS NOT NULL THEN
    UPDATE ${progress} SET owner_epoch = greatest(owner_epoch, current_setting('windrow.restore_epoch')::bigint) + 1;
  END IF;
END`)
}

function assertCounts({ tables }: BackupManifest): string {
  const checks = tables.map(
    ({ schema, table, rows }) => `SELECT count(*) INTO found FROM ${tableName(schema, table)};
  IF found <> ${rows} THEN RAISE EXCEPTION '%', ${quoteText(`windrow restore: ${schema}.${table} should have ${rows} rows, and has `)} || found; END IF;`,
  )
  return doBlock(`DECLARE found bigint;
BEGIN
  ${checks.join('\n  ')}
END`)
}

function beginAgain({ role }: Membership): string {
  return doBlock(`BEGIN\n  ${beginAs(quoteText(role))}\nEND`)
}

/** A role of the backup that the server has not, as one statement a person can run. */
export const createRole = (role: string): string => `CREATE ROLE ${quoteName(role)}`

/** Written by pg_restore 17 and later, and unknown to every older server. It stands at the beginning, in what is read first. */
const TRANSACTION_TIMEOUT = 'SET transaction_timeout = 0;'

/** Passes a script on for a server of that major version. */
export function forServer(major: number): Transform {
  let isFirst = true
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = isFirst && major < 17 ? withoutLine(chunk, TRANSACTION_TIMEOUT) : chunk
      isFirst = false
      done(null, text)
    },
  })
}

function withoutLine(chunk: Buffer, line: string): Buffer {
  const at = chunk.indexOf(`\n${line}\n`)
  return at < 0 ? chunk : Buffer.concat([chunk.subarray(0, at + 1), chunk.subarray(at + 1 + line.length + 1)])
}
