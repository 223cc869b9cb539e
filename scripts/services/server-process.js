// @ts-check
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { endWithUs } from './end-with-us.js'
import { untilReady } from './until-ready.js'

/** @typedef {import('./service.js').Service} Service */

/** Signals that leave the process in place. */
const passing = new Set(['SIGSTOP', 'SIGCONT'])

const stopTimeoutMs = 30_000

/**
 * A server that runs as a process of ours and ends with us. It is not started yet.
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.command
 * @param {readonly string[]} options.args
 * @param {NodeJS.ProcessEnv} [options.env] ours unless told otherwise
 * @param {string} [options.cwd] ours unless told otherwise
 * @param {string} options.logFile
 * @param {() => Promise<boolean>} options.isReady
 * @param {string | null} options.scratch a folder that is removed if we are killed
 * @param {NodeJS.Signals} [options.endSignal] asks it to end; SIGTERM unless told otherwise
 * @param {boolean} [options.hasOtherGroups] its children lead process groups of their own, which are signalled too
 * @returns {Service}
 */
export function serverProcess(options) {
  const { name, command, args, env, cwd, logFile, isReady, scratch, endSignal = 'SIGTERM', hasOtherGroups = false } = options
  /** @type {import('node:child_process').ChildProcess | null} */
  let child = null
  /** @type {Promise<void>} */
  let ended = Promise.resolve()

  const log = () => readFileSync(logFile, 'utf8')

  function launch() {
    const output = openSync(logFile, 'a')
    // A group of its own: Ctrl-C in a terminal reaches us, and we end it.
    const launched = spawn(command, args, { env, cwd, stdio: ['ignore', output, output], detached: true })
    closeSync(output)
    child = launched
    const hasEnded = launched.pid === undefined ? () => undefined : endWithUs(killAndRemove(launched.pid, scratch))
    ended = new Promise((resolve) => {
      const over = () => {
        hasEnded()
        if (child === launched) child = null
        resolve()
      }
      launched.once('error', over)
      launched.once('exit', over)
    })
  }

  /** @param {NodeJS.Signals} signal */
  async function kill(signal = 'SIGKILL') {
    const children = child?.pid === undefined || !hasOtherGroups ? [] : stoppedChildren(child.pid)
    if (child !== null) signalGroup(child, signal)
    for (const pid of children) signalGroup({ pid }, signal)
    if (signal === 'SIGSTOP' && child?.pid !== undefined) await untilStopped([child.pid, ...children])
    if (passing.has(signal)) return
    await ended
    await untilGone(children)
  }

  return {
    name,
    log,
    kill,
    get pid() {
      return child?.pid ?? null
    },
    get runs() {
      return child !== null
    },

    async start() {
      if (child !== null) throw new Error(`${name} runs already`)
      launch()
      try {
        await untilReady({ name, isReady, runs: () => child !== null, log, ended })
      } catch (error) {
        await kill()
        throw error
      }
    },

    async stop() {
      const stopping = child
      if (stopping === null) return
      signalGroup(stopping, 'SIGCONT')
      signalGroup(stopping, endSignal)
      const timer = setTimeout(() => signalGroup(stopping, 'SIGKILL'), stopTimeoutMs)
      await ended
      clearTimeout(timer)
    },
  }
}

/**
 * The children of a process, which is stopped so that it makes no others meanwhile.
 * @param {number} pid
 */
function stoppedChildren(pid) {
  signalGroup({ pid }, 'SIGSTOP')
  return childrenOf(pid)
}

/** @param {number} parent */
function childrenOf(parent) {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid] : []))
}

/**
 * They are no children of ours: nothing tells when they end, and perhaps nobody collects them.
 * @param {readonly number[]} pids
 */
async function untilGone(pids) {
  if (pids.length === 0) return
  const states = () => spawnSync('ps', ['-o', 'stat=', '-p', pids.join(',')], { encoding: 'utf8' }).stdout
  while (/^[^Z\s]/m.test(states())) await delay(5)
}

/**
 * A signal is on its way for a moment: whoever was stopped might still answer.
 * @param {readonly number[]} pids
 */
async function untilStopped(pids) {
  const threads = process.platform === 'linux' ? ['-L'] : []
  const states = () => spawnSync('ps', [...threads, '-o', 'stat=', '-p', pids.join(',')], { encoding: 'utf8' }).stdout
  while (/^[^TZ\s]/m.test(states())) await delay(5)
}

/**
 * Signals a process that leads a group, and whatever it started.
 * @param {Pick<import('node:child_process').ChildProcess, 'pid'>} child
 * @param {NodeJS.Signals} signal
 */
export function signalGroup({ pid }, signal) {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch (error) {
    // It has ended meanwhile.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}

/**
 * What ends a group of processes that are no children of whoever runs this, waits until they are gone (for a while: nobody may
 * collect them), and removes what they left behind.
 * @param {number} pid
 * @param {string | null} scratch
 */
export function killAndRemove(pid, scratch) {
  const script = [
    // Children with groups of their own end by themselves, unless somebody has stopped them.
    'children=$(ps -A -o pid=,ppid= 2>/dev/null | while read -r pid ppid; do test "$ppid" != "$1" || echo "$pid"; done)',
    'kill -9 "-$1"',
    'test -z "$children" || kill -CONT $children',
    'tries=0',
    'while kill -0 "-$1" && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done',
    'test -z "$2" || rm -rf "$2"',
  ]
  return ['sh', '-c', script.join('\n'), 'windrow-services', String(pid), scratch ?? '']
}
