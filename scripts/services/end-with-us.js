// @ts-check
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Names a folder that holds a file for every server that is not known to have ended. */
const runVariable = 'TEST_SERVICES_RUN'

/**
 * Sees to it that a server does not outlive this process: not after an uncaught error, and not after kill -9 either, since a shell
 * waits at the other end of a pipe and runs the command when the pipe breaks. Returns what to call when the server has ended.
 * @param {readonly string[]} command ends the server and waits until it is gone
 */
export function endWithUs(command) {
  const run = process.env[runVariable]
  const mark = run === undefined ? '' : join(run, randomBytes(8).toString('hex'))
  if (mark !== '') writeFileSync(mark, command.join(' '))
  const script = 'mark=$1; shift; read -r _ || "$@"; test -z "$mark" || rm -f "$mark"'
  const shell = spawn('sh', ['-c', script, 'windrow-services', mark, ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C in a terminal is for us alone.
    detached: true,
  })
  shell.unref()
  // The types do not say that a pipe is a socket, and as such would keep this process alive.
  const pipe = /** @type {import('node:net').Socket} */ (shell.stdin)
  pipe.unref()
  return () => {
    pipe.end('ended\n')
  }
}

/**
 * Runs what starts servers in child processes, and resolves when it is over and all of those servers are gone.
 * @template T
 * @param {() => Promise<T>} work
 * @param {number} [timeoutMs]
 */
export async function untilAllEnded(work, timeoutMs = 60_000) {
  const run = await mkdtemp(join(tmpdir(), 'windrow-services-'))
  process.env[runVariable] = run
  try {
    return await work()
  } finally {
    const deadline = performance.now() + timeoutMs
    let left = await readdir(run)
    while (left.length > 0 && performance.now() < deadline) {
      await delay(20)
      left = await readdir(run)
    }
    if (left.length > 0) process.stderr.write(`services: ${left.length} servers may still run, see ${run}\n`)
    else await rm(run, { recursive: true, force: true })
  }
}
