import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { openLmdbStore } from '../kv/lmdb-store.ts'
import { type Runner, startRunner } from '../runtime/runner.ts'
import { latenessMinutes } from './allowed-lateness.ts'
import type { Session } from './session.ts'

const MEBIBYTE = 1024 * 1024

export interface Engine {
  readonly runner: Runner
  /** Commits what is pending, saves the local state and leaves the groups. */
  stop(): Promise<void>
}

/** Starts the topologies on the session's log, with their local state in the data folder. */
export async function startEngine({ config, catalogue, log }: Session, logger: Logger): Promise<Engine> {
  const kv = await openLmdbStore({ path: join(config.dataDir, 'state') })
  try {
    const runner = await startRunner({
      log,
      kv,
      topologies: catalogue.topologies,
      partitions: config.partitions,
      topicNames: new Map(catalogue.events.map((event) => [event.name, catalogue.topicOf(event)])),
      allowedLatenessMinutes: latenessMinutes(config),
      memoryBytes: config.memoryMb * MEBIBYTE,
      tuning: { commitIntervalMs: config.commitIntervalMs },
      clock: systemClock,
      logger,
    })
    return {
      runner,
      async stop() {
        await runner.stop()
        await kv.close()
      },
    }
  } catch (error) {
    await kv.close()
    throw error
  }
}
