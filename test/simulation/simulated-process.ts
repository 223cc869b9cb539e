import { isWindrowError } from '../../src/core/errors.ts'
import type { Logger } from '../../src/core/logger.ts'
import type { KeyValueStore } from '../../src/kv/port.ts'
import type { Log } from '../../src/log/port.ts'
import { type Runner, startRunner } from '../../src/runtime/runner.ts'
import { builtInTopologies } from '../../src/streams/topologies/index.ts'
import { type CrashingLog, crashingLog, isCrash } from '../../src/testing/crashing-log.ts'
import type { MemoryLog } from '../../src/testing/memory-log.ts'
import { interceptCommits } from '../support/intercept-commits.ts'
import { hastyClock, turns } from './hasty-clock.ts'
import type { History } from './history.ts'
import type { Life } from './life-plan.ts'
import { mortalStore } from './mortal-store.ts'
import { ownTopologies } from './own-topologies.ts'
import type { Random } from './random.ts'
import { EVENTS } from './record-bytes.ts'

/** A process that runs the engine, and that can be stopped, killed, or frozen and woken up again. */
export interface SimulatedProcess {
  /** What it failed with although nothing was planned to fail. */
  readonly findings: readonly string[]
  readonly isDead: boolean
  /** Resolves when all that was in the log at the call has been processed, or when it dies. */
  untilEnd(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  freeze(): void
  /** Lets a frozen process go on where it was, and ends it when it has found out. */
  wake(): Promise<void>
}

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const NO_CRASH = { point: 'before-commit', nth: Number.POSITIVE_INFINITY } as const

/** Starts one. `store` is its local state, null for none. */
export async function startProcess(
  history: History,
  life: Life,
  log: MemoryLog,
  store: KeyValueStore | null,
  random: Random,
): Promise<SimulatedProcess> {
  const process = new EngineProcess(history, life, log, store, random)
  await process.start()
  return process
}

class EngineProcess implements SimulatedProcess {
  readonly findings: string[] = []
  private readonly history: History
  private readonly life: Life
  private readonly session: MemoryLog
  private readonly log: CrashingLog
  private readonly store: KeyValueStore | null
  private readonly random: Random
  private readonly stopping = new AbortController()
  private runner: Runner | null = null
  private gate: Promise<void> | null = null
  private openGate: () => void = () => {}
  private killed = false

  constructor(history: History, life: Life, log: MemoryLog, store: KeyValueStore | null, random: Random) {
    this.history = history
    this.life = life
    this.random = random
    this.session = log.connect()
    this.log = crashingLog(this.slow(this.session), life.crash ?? NO_CRASH)
    this.store =
      store === null
        ? null
        : mortalStore(store, {
            plan: life.storeCrash,
            delay: () => this.delay(life.saveTurns),
            onCrash: () => this.log.crash(),
            death: () => (this.killed ? this.log.crash() : this.log.crashed),
          })
  }

  get isDead(): boolean {
    return this.killed || this.log.crashed !== null
  }

  async start(): Promise<void> {
    const { history, life } = this
    const event = EVENTS[history.event]
    const lateness = history.allowedLatenessMinutes
    try {
      this.runner = await startRunner({
        log: this.log,
        kv: this.store,
        topologies: [...builtInTopologies, ...ownTopologies].filter((topology) => topology.event.name === event.name),
        partitions: history.partitions,
        allowedLatenessMinutes: lateness === null ? new Map() : new Map([[event.name, lateness]]),
        memoryBytes: life.memoryBytes,
        tuning: {
          commitIntervalMs: 100,
          commitReadings: life.commitReadings,
          batchBytes: life.batchBytes,
          batchRecords: life.batchRecords,
          checkpointReadings: life.checkpointReadings,
        },
        clock: hastyClock(this.random.fork(), life.clockStrideMs),
        logger: quiet,
      })
    } catch (error) {
      this.note(error)
      this.killed = true
      this.session.kill()
    }
  }

  async untilEnd(): Promise<void> {
    if (this.runner === null) return
    try {
      await this.runner.untilEnd(this.stopping.signal)
    } catch (error) {
      this.note(error)
      // A task that failed stays down until somebody starts the process anew.
      await this.kill()
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    try {
      await this.runner?.stop()
    } catch (error) {
      this.note(error)
    }
    this.noteFailures()
    if (!this.isDead) await this.session.close()
  }

  async kill(): Promise<void> {
    if (!this.killed) {
      this.noteFailures()
      this.killed = true
      this.log.crash()
      this.session.kill()
    }
    await this.wake()
  }

  freeze(): void {
    this.gate = new Promise((resolve) => {
      this.openGate = resolve
    })
    this.session.freeze()
  }

  async wake(): Promise<void> {
    this.gate = null
    this.openGate()
    this.stopping.abort()
    await this.runner?.stop().catch((error: unknown) => this.note(error))
    this.noteFailures()
  }

  private noteFailures(): void {
    if (this.killed) return
    for (const { error } of this.runner?.status().failures ?? []) this.note(error)
  }

  /** Failures that the plan asked for are none. */
  private note(error: unknown): void {
    if (isCrash(error) || this.killed) return
    const { crash, storeCrash } = this.life
    if (storeCrash?.point === 'failed' && isWindrowError(error, 'WR_STORE_FAILED')) return
    if (crash?.point === 'disk-full' && isWindrowError(error, 'WR_DISK_FULL')) return
    // Tasks go on by themselves; who publishes tells.
    if (crash?.point === 'log-away' && crash.kinds?.[0] !== 'lease' && isWindrowError(error, 'WR_TEST_LOG_AWAY')) return
    if (storeCrash?.point === 'disk-full' && isWindrowError(error, 'WR_DISK_FULL')) return
    if (crash?.kinds?.[0] === 'writer' && isWindrowError(error, 'WR_COMMIT_UNKNOWN')) return
    this.findings.push(`a process failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  private async delay(count: number): Promise<void> {
    if (this.gate !== null) await this.gate
    await turns(count)
    if (this.gate !== null) await this.gate
  }

  /** A log whose commits take a while, before and after they are applied. */
  private slow(log: Log): Log {
    return interceptCommits(log, async (commit) => {
      await this.delay(this.life.commitTurns)
      const bases = await commit()
      await this.delay(this.life.commitTurns)
      return bases
    })
  }
}
