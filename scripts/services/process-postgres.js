// @ts-check
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findPostgres } from './find-tools.js'
import { serverProcess } from './server-process.js'

/** @typedef {import('./service.js').Postgres} Postgres */
/** @typedef {import('./service.js').PostgresOptions} PostgresOptions */

const execute = promisify(execFile)

/**
 * @param {number} port
 * @param {{ readonly password?: string | null, readonly superuser?: string }} options
 */
export const postgresUrl = (port, { password, superuser = 'windrow' }) =>
  `postgres://${superuser}${password == null ? '' : `:${encodeURIComponent(password)}`}@127.0.0.1:${port}/windrow`

/**
 * A server that runs as a process: the user `postgres` runs it where we are root, whom it refuses.
 * @param {number} port
 * @param {PostgresOptions} options
 * @param {() => Promise<boolean>} isReady
 * @returns {Promise<Postgres>}
 */
export async function startProcessPostgres(port, options, isReady) {
  const bin = findPostgres()
  if (bin === null)
    throw new Error('PostgreSQL is not here: initdb and postgres are neither on the PATH nor under /usr/lib/postgresql')
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'windrow-postgres-')))
  const data = join(folder, 'data')
  const owner = await ownerOf(folder)
  if (!existsSync(join(data, 'PG_VERSION'))) await makeCluster({ bin, folder, data, owner, options })
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Killed in tests, never cut off from power: what was committed is with the system. A test of speed asks for what users have.
    fsync: options.fsync === true ? 'on' : 'off',
    ...options.settings,
  }
  const server = serverProcess({
    name: 'postgres',
    command: owner.command(join(bin, 'postgres')),
    args: owner.args(join(bin, 'postgres'), [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]),
    logFile: join(folder, 'postgres.log'),
    scratch: options.folder === undefined ? folder : null,
    // Asked to end by SIGTERM it would wait for its clients to leave.
    endSignal: 'SIGINT',
    hasOtherGroups: true,
    isReady,
  })
  /** @type {Postgres} */
  const postgres = {
    url: postgresUrl(port, options),
    port,
    kill: server.kill,
    start: server.start,
    end: server.stop,
    log: server.log,
    async stop() {
      await server.kill()
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await postgres.stop()
    throw error
  }
  return postgres
}

/**
 * Who runs the server, and how: what is in the folder becomes theirs.
 * @param {string} folder
 */
async function ownerOf(folder) {
  await mkdir(folder, { recursive: true })
  if (process.getuid?.() !== 0) {
    return {
      /** @param {string} program */
      command: (program) => program,
      /** @param {string} _ @param {readonly string[]} args */
      args: (_, args) => args,
    }
  }
  const [uid, gid] = await Promise.all([idOf('-u'), idOf('-g')])
  await chown(folder, uid, gid)
  return {
    command: () => 'setpriv',
    // It becomes the program, so that signals reach it (runuser would stay and wait).
    /** @param {string} program @param {readonly string[]} args */
    args: (program, args) => ['--reuid=postgres', '--regid=postgres', '--init-groups', program, ...args],
  }
}

/** @param {'-u' | '-g'} which */
const idOf = async (which) => Number((await execute('id', [which, 'postgres'])).stdout)

/**
 * @param {object} cluster
 * @param {string} cluster.bin
 * @param {string} cluster.folder
 * @param {string} cluster.data
 * @param {Awaited<ReturnType<typeof ownerOf>>} cluster.owner
 * @param {PostgresOptions} cluster.options
 */
async function makeCluster({ bin, folder, data, owner, options: { password = null, superuser = 'windrow' } }) {
  const initdb = join(bin, 'initdb')
  const secret = join(folder, 'password')
  await writeFile(secret, `${password ?? 'none'}\n`)
  const auth = password === null ? 'trust' : 'scram-sha-256'
  const init = ['-D', data, '-U', superuser, '-A', auth, `--pwfile=${secret}`, '-E', 'UTF8', '--no-locale', '--no-sync']
  const where = { cwd: folder }
  try {
    await execute(owner.command(initdb), owner.args(initdb, init), where)
  } finally {
    await rm(secret)
  }
  const postgres = join(bin, 'postgres')
  const alone = execute(owner.command(postgres), owner.args(postgres, ['--single', '-F', '-D', data, 'postgres']), where)
  alone.child.stdin?.end('CREATE DATABASE windrow\n')
  await alone
}
