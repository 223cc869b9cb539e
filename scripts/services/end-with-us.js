// @ts-check
import { spawn, spawnSync } from 'node:child_process'

/** What ends those servers of this process that still run. @type {Set<readonly string[]>} */
const endings = new Set()
process.on('exit', () => {
  for (const [command = '', ...args] of endings) spawnSync(command, args, { stdio: 'ignore' })
})

/**
 * Sees to it that a server does not outlive this process: not after an uncaught error, and not after kill -9 either, since a shell
 * waits at the other end of a pipe and runs the command when the pipe breaks. Returns what to call when the server has ended.
 * @param {readonly string[]} command
 */
export function endWithUs(command) {
  const shell = spawn('sh', ['-c', 'read -r _ || exec "$@"', 'windrow-services', ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C in a terminal is for us alone.
    detached: true,
  })
  shell.unref()
  // The types do not say that a pipe is a socket, and as such would keep this process alive.
  const pipe = /** @type {import('node:net').Socket} */ (shell.stdin)
  pipe.unref()
  endings.add(command)
  return () => {
    endings.delete(command)
    pipe.end('ended\n')
  }
}
