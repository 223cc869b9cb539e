import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Environment } from '../../config/read-environment.ts'
import { isWindrowError, messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { BuildHelpers } from '../../runtime/replay/builder.ts'
import { type FromHelper, receivedError, type ToHelper } from './build-messages.ts'

export interface BuildHelpersOptions {
  /** As configured. Null: one a core, where there is much to read. */
  readonly workers: number | null
  readonly environment: Environment
  readonly folder: string
  readonly logger: Logger
}

/** One that has not ended so long after it was told to is ended; its partitions stay where they were committed. */
const STOP_PATIENCE_MS = 60_000

/** Processes of this machine that help a replay to build, each with the same configuration. They end with this process. */
export function buildHelpers({ workers, environment, folder, logger }: BuildHelpersOptions): BuildHelpers {
  return {
    workers: workers ?? availableParallelism(),
    ...(workers === null ? {} : { worthRecords: 0 }),
    start(order, count) {
      logger.info({ processes: count + 1 }, 'several processes build, each some of the partitions')
      const helpers = Array.from({ length: count }, () => new Helper({ kind: 'build', environment, folder, order }, logger))
      return {
        rethrow() {
          for (const helper of helpers) helper.rethrow()
        },
        async stop(isDone) {
          await Promise.all(helpers.map((helper) => helper.stop(isDone)))
        },
      }
    },
  }
}

class Helper {
  private readonly logger: Logger
  private readonly child: ChildProcess
  private readonly ended: Promise<void>
  private hasJoined = false
  private isStopping = false
  private failure: Error | null = null

  constructor(job: Extract<ToHelper, { kind: 'build' }>, logger: Logger) {
    this.logger = logger
    // What a module prints must not stand between what the command prints.
    this.child = fork(helperScript(), { stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced' })
    this.child.on('message', (message: FromHelper) => this.receive(message))
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.tellMissing(messageOf(error), error)
        resolve()
      })
      this.child.once('close', (code, signal) => {
        this.noteEnd(code, signal)
        resolve()
      })
    })
    this.send(job)
  }

  rethrow(): void {
    if (this.failure !== null) throw this.failure
  }

  async stop(isDone: boolean): Promise<void> {
    this.isStopping = true
    this.send({ kind: 'stop', isDone })
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_PATIENCE_MS)
    await this.ended
    clearTimeout(timer)
  }

  private receive(message: FromHelper): void {
    switch (message.kind) {
      case 'joined':
        this.hasJoined = true
        this.logger.debug({ helper: this.child.pid }, 'a process helps with the replay')
        return
      case 'log':
        this.logger[message.level]({ ...message.facts, helper: this.child.pid }, message.message)
        return
      case 'failed': {
        const error = receivedError(message.error)
        // One that could not begin has nothing that others lack.
        if (this.hasJoined) this.failure = error
        else this.tellMissing(error.message, error)
      }
    }
  }

  private noteEnd(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.isStopping || code === 3) return
    this.tellMissing(`it has ended (${signal ?? `exit code ${code}`})`, null)
  }

  private tellMissing(why: string, error: unknown): void {
    const known = isWindrowError(error) ? { code: error.code, remedy: error.remedy } : {}
    this.logger.warn(
      { ...known, helper: this.child.pid },
      `a process that helped with the replay is missing, the others go on: ${why}`,
    )
  }

  private send(message: ToHelper): void {
    // One that is gone already is noticed by its end.
    if (this.child.connected) this.child.send(message, () => undefined)
  }
}

/** Run from source (tests), Node cannot read it, and the compiled one is taken. */
function helperScript(): URL {
  if (import.meta.url.endsWith('.ts')) return new URL('../../../dist/cli/replay/build-helper.js', import.meta.url)
  return new URL('./build-helper.js', import.meta.url)
}
