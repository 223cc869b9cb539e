import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { howToRun } from '../../../scripts/services/how-to-run.js'
import { openLmdbStore } from '../../../src/kv/lmdb-store.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/port.ts'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { scramVerifier } from '../../../src/warehouse/access/scram-verifier.ts'
import type { BackupManifest } from '../../../src/warehouse/backup/backup-manifest.ts'
import { findPrograms } from '../../../src/warehouse/backup/pg-programs.ts'
import { type CommandOutcome, runCommand } from '../../cli/run-command.ts'
import { type Publisher, publisher } from '../../runtime/replay/replay-world.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { canStart } from '../postgres/server.ts'
import { type GuardedServer, guardedServer } from './access-kit.ts'

const HOSTILE_TABLE = `x"; DROP TABLE notes; --\\ 'é`
/** Of a table in the schema `own`. */
export const QUOTED = `"${HOSTILE_TABLE.replaceAll('"', '""')}"`

/** Of the server in a container: that of docker-compose.yml. */
const wanted = howToRun() === 'docker' ? 17 : 15
export const canBackUp = canStart && (await findPrograms(null, process.env.PATH ?? '')).some(({ major }) => major >= wanted)

type Settings = Readonly<Record<string, string>>

export interface BackupWorld {
  /** A server with a set-up, views of 600 readings, and things that people made. */
  readonly source: GuardedServer
  /** Of its users, and of `anna`, an admin. */
  readonly passwords: ReadonlyMap<string, string>
  readonly folder: string
  /** The folder of backups, with `dump` in it. */
  readonly backups: string
  readonly dump: string
  readonly log: Log
  readonly readings: Publisher
  environment(url: string, more?: Settings): Record<string, string>
  windrow(url: string, words: readonly string[], more?: Settings): Promise<CommandOutcome>
  succeed(url: string, words: readonly string[], more?: Settings): Promise<CommandOutcome>
  backupAs(login: string, words?: readonly string[], more?: Settings): Promise<CommandOutcome>
}

/** A server that was backed up; of its own for the file that calls it. */
export function backupWorld(): BackupWorld {
  const source = guardedServer()
  let folder: string
  let backups: string
  let dump: string
  let log: Log
  let readings: Publisher
  let closeLog: () => Promise<void>
  const passwords = new Map<string, string>()

  const environment = (url: string, more: Settings = {}): Record<string, string> => ({
    PATH: process.env.PATH as string,
    WINDROW_DATA_DIR: join(folder, 'data'),
    WINDROW_PARTITIONS: '4',
    WINDROW_SINKS: 'postgres',
    POSTGRES_URL: url,
    ...more,
  })
  const windrow = (url: string, words: readonly string[], more: Settings = {}): Promise<CommandOutcome> =>
    runCommand(folder, words, environment(url, more))
  const succeed = async (url: string, words: readonly string[], more: Settings = {}) => {
    const outcome = await windrow(url, words, more)
    expect(outcome.code, `${words.join(' ')}: ${outcome.stderr}`).toBe(0)
    return outcome
  }
  const backupAs = (login: string, words: readonly string[] = [], more: Settings = {}) =>
    windrow(source.server.url, ['backup', '--output', `${backups}/`, ...words], {
      POSTGRES_BACKUP_URL: source.url(login, passwords.get(login) as string),
      ...more,
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-backup-'))
    backups = join(folder, 'backups')
    await mkdir(backups)
    const { opened, close } = await openLogIn(join(folder, 'data', 'log'))
    log = opened
    closeLog = close
    readings = await publisher(log)
    await readings.publish(600)
    await succeed(source.server.url, ['run', '--until-end'])
    await source.admin.query(`CREATE ROLE anna LOGIN PASSWORD '${scramVerifier('pw of anna')}'`)
    passwords.set('anna', 'pw of anna')
    await succeed(source.server.url, ['access', 'setup', '--passwords', 'secrets', '--member', 'anna=admin'])
    for (const user of ['user_etl', 'user_data_analyst', 'user_readonly', 'user_backup'])
      passwords.set(user, (await readFile(join(folder, 'secrets', user), 'utf8')).trim())
    await makeOwnThings()
    // As while a view is compared: it is gone at any time, and none of anybody's business.
    await source.admin.query('CREATE TABLE windrow_mend_0123456789abcdef_01234567 ()')
    const { stdout, stderr, code } = await backupAs('user_backup', ['--json'])
    await source.admin.query('DROP TABLE windrow_mend_0123456789abcdef_01234567')
    expect(code, stderr).toBe(0)
    dump = JSON.parse(stdout).path
  })
  afterAll(async () => {
    await closeLog?.()
    await rm(folder, { recursive: true, force: true })
  })

  /** What is in no log: changes that were audited, and what people made. */
  async function makeOwnThings(): Promise<void> {
    const anna = source.as('anna', 'pw of anna')
    await anna.query('UPDATE daily_sensor_means SET city = city')
    for (const sql of [
      'CREATE ROLE keeper_of_notes',
      'CREATE SCHEMA own AUTHORIZATION keeper_of_notes',
      'CREATE TABLE own.notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL)',
      `COMMENT ON TABLE own.notes IS 'Notes of people.'`,
      'ALTER TABLE own.notes OWNER TO keeper_of_notes',
      `INSERT INTO own.notes (text) SELECT E'a\\tb\\\\.\\n' || n FROM generate_series(1, 50) AS n`,
      `CREATE TABLE own.${QUOTED} AS SELECT 1 AS one`,
      'CREATE VIEW own.all_notes WITH (security_invoker = true) AS SELECT * FROM own.notes',
      'GRANT USAGE ON SCHEMA own TO windrow_backup, windrow_analyst',
      'GRANT SELECT ON ALL TABLES IN SCHEMA own TO windrow_backup',
      'GRANT SELECT ON ALL SEQUENCES IN SCHEMA own TO windrow_backup',
      'GRANT SELECT ON own.notes TO windrow_analyst',
      'ALTER DEFAULT PRIVILEGES IN SCHEMA own GRANT SELECT ON TABLES TO windrow_backup',
    ])
      await source.admin.query(sql)
  }

  return {
    source,
    passwords,
    get folder() {
      return folder
    },
    get backups() {
      return backups
    },
    get dump() {
      return dump
    },
    get log() {
      return log
    },
    get readings() {
      return readings
    },
    environment,
    windrow,
    succeed,
    backupAs,
  }
}

export async function manifestOf(path: string): Promise<BackupManifest> {
  return JSON.parse(await readFile(`${path}.json`, 'utf8'))
}

/** Its address. */
export async function emptyDatabase({ admin, server }: GuardedServer, name: string): Promise<string> {
  await admin.query(`DROP DATABASE IF EXISTS ${name}`)
  await admin.query(`CREATE DATABASE ${name}`)
  return server.url.replace(/\/windrow$/, `/${name}`)
}

export async function onDatabase<T>(url: string, work: (client: SqlClient) => Promise<T>): Promise<T> {
  const client = openPgClient({ url, logger: silentLogger, connections: 2 })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

export async function openLogIn(path: string): Promise<{ readonly opened: Log; close(): Promise<void> }> {
  const kv = await openLmdbStore({ path })
  const opened = await openEmbeddedLog({ kv })
  return {
    opened,
    async close() {
      await opened.close()
      await kv.close()
    },
  }
}
