import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { killGroup } from './kill-group.ts'
import type { FromWorker, Job, ToWorker } from './messages.ts'

export interface WorkerOptions {
  /** Killed after so long. */
  readonly timeoutMs: number
  /** Options of Node's, for instance `--cpu-prof`. */
  readonly execArgv?: readonly string[]
  /** True lets whatever it starts end with it, also when it is killed (not on Windows, where there are no such groups). */
  readonly ownGroup?: boolean
}

/** A process of its own that does one job. What it prints goes to stderr. */
export interface Worker {
  /** When it was started, by `performance.now()`. */
  readonly startedAt: number
  readonly result: Promise<unknown>
  /** The facts of the next event of that name. Rejects when the worker ends first. */
  next(event: string): Promise<unknown>
  /** Asks the job; resolves with the facts of the event of that name. */
  ask(question: string): Promise<unknown>
  /** Ends it at once, as a power cut does, and resolves when it is gone; `result` rejects then. */
  kill(): Promise<void>
}

const entry = fileURLToPath(new URL('../worker-main.js', import.meta.url))

export function startWorker(job: Job, { timeoutMs, execArgv = [], ownGroup = false }: WorkerOptions): Worker {
  const startedAt = performance.now()
  const detached = ownGroup && process.platform !== 'win32'
  const child = fork(entry, { execArgv: [...execArgv], detached, stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced' })
  const killAll = (): void => {
    if (detached) killGroup(child.pid as number)
    else child.kill('SIGKILL')
  }
  const outcome = watch(child, job, timeoutMs, killAll)
  send(child, { type: 'job', job })
  const next = (event: string): Promise<unknown> => Promise.race([eventOf(child, event), outcome.then(() => ended(job, event))])
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  // Whoever kills a worker does not ask for its result.
  outcome.catch(() => undefined)
  return {
    startedAt,
    result: outcome,
    next,
    ask(question) {
      const answer = next(question)
      send(child, { type: 'ask', question })
      return answer
    },
    async kill() {
      killAll()
      await gone
    },
  }
}

function watch(child: ChildProcess, job: Job, timeoutMs: number, killAll: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      killAll()
      reject(new Error(`${job.name} was stopped after ${timeoutMs / 1000} s`))
    }, timeoutMs)
    let result: { readonly value: unknown } | null = null
    child.on('message', (message: FromWorker) => {
      if (message.type === 'done') result = { value: message.result }
      if (message.type === 'failed') reject(new Error(`${job.name} failed: ${message.message}`))
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (result !== null) resolve(result.value)
      else reject(new Error(`${job.name} ended without a result (${signal ?? `exit code ${code}`})`))
    })
  })
}

function eventOf(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve) => {
    const listener = (message: FromWorker): void => {
      if (message.type !== 'event' || message.name !== name) return
      child.off('message', listener)
      resolve(message.facts)
    }
    child.on('message', listener)
  })
}

function ended(job: Job, event: string): never {
  throw new Error(`${job.name} ended before it told of "${event}"`)
}

function send(child: ChildProcess, message: ToWorker): void {
  // A child that is gone already is noticed by its exit.
  if (child.connected) child.send(message, () => undefined)
}
