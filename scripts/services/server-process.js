// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** @typedef {import('./service.js').Service} Service */

/** Every server of this process that has not ended: none may outlive it. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Signals that leave the process in place. */
const passing = new Set(['SIGSTOP', 'SIGCONT', 'SIGQUIT'])

const stopTimeoutMs = 30_000

/**
 * A server that runs as a process of ours. It is not started yet.
 *
 * Nothing that this starts outlives the process that called it: not after an uncaught error, and not after kill -9 either, since
 * a shell waits at the other end of a pipe and ends the server when the pipe breaks.
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.command
 * @param {readonly string[]} options.args
 * @param {string} options.logFile
 * @param {() => Promise<boolean>} options.isReady asked again and again until it is
 * @param {number} [options.readyTimeoutMs]
 * @returns {Service}
 */
export function serverProcess({ name, command, args, logFile, isReady, readyTimeoutMs = 120_000 }) {
  /** @type {import('node:child_process').ChildProcess | null} */
  let child = null
  /** @type {Promise<void>} */
  let ended = Promise.resolve()

  const log = () => readFileSync(logFile, 'utf8')

  function launch() {
    const output = openSync(logFile, 'a')
    // A group of its own: Ctrl-C in a terminal reaches us, and we end it.
    const launched = spawn(command, args, { stdio: ['ignore', output, output], detached: true })
    closeSync(output)
    child = launched
    ended = new Promise((resolve) => {
      const over = () => {
        running.delete(launched)
        if (child === launched) child = null
        resolve()
      }
      launched.once('error', over)
      launched.once('exit', over)
    })
    if (launched.pid === undefined) return
    running.add(launched)
    endWithUs(launched.pid, ended)
  }

  return {
    name,
    logFile,
    get pid() {
      return child?.pid ?? null
    },

    async start() {
      if (child !== null) throw new Error(`${name} runs already`)
      launch()
      const deadline = performance.now() + readyTimeoutMs
      while (!(await isReady())) {
        if (child === null) throw new Error(`${name} ended before it was ready:\n${log().slice(-4000)}`)
        if (performance.now() > deadline) {
          const said = log().slice(-4000)
          await this.kill('SIGKILL')
          throw new Error(`${name} was not ready after ${readyTimeoutMs} ms:\n${said}`)
        }
        await Promise.race([delay(50), ended])
      }
    },

    async kill(signal = 'SIGKILL') {
      child?.kill(signal)
      if (!passing.has(signal)) await ended
    },

    async stop() {
      const stopping = child
      if (stopping === null) return
      stopping.kill('SIGCONT')
      stopping.kill('SIGTERM')
      const timer = setTimeout(() => stopping.kill('SIGKILL'), stopTimeoutMs)
      await ended
      clearTimeout(timer)
    },
  }
}

/**
 * Has a shell kill the process when this one is gone, however it went.
 * @param {number} pid
 * @param {Promise<void>} ended
 */
function endWithUs(pid, ended) {
  const shell = spawn('sh', ['-c', 'read -r _ || kill -9 "$1"', 'windrow-services', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.unref()
  // @ts-expect-error a pipe of a child is a socket, which the types do not say
  shell.stdin.unref()
  void ended.then(() => shell.stdin.end('ended\n'))
}
