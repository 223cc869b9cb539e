// @ts-check
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPgbouncer } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'

/**
 * PgBouncer in front of a server that lets everybody in, giving its connections by the transaction: two of them, so that clients share.
 * @param {number} serverPort
 */
export async function startPgbouncer(serverPort) {
  const command = findPgbouncer()
  if (command === null) throw new Error('PgBouncer is not here')
  const folder = await mkdtemp(join(tmpdir(), 'windrow-pgbouncer-'))
  const port = /** @type {number} */ ((await freePorts(1))[0])
  const users = join(folder, 'users')
  const settings = join(folder, 'pgbouncer.ini')
  await writeFile(users, '"windrow" ""\n')
  await writeFile(
    settings,
    `[databases]
windrow = host=127.0.0.1 port=${serverPort} dbname=windrow
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 2
`,
  )
  // Run by root it becomes the user that it is told, who has to read these.
  await chmod(folder, 0o755)
  const server = serverProcess({
    name: 'pgbouncer',
    command,
    args: [...(process.getuid?.() === 0 ? ['-u', 'postgres'] : []), settings],
    logFile: join(folder, 'pgbouncer.log'),
    scratch: folder,
    isReady: () => answers(port),
  })
  const stop = await startInFolder(server, folder)
  return { port, stop }
}

/**
 * Whether somebody listens.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
