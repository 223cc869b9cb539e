import type { SinkHealth } from '../../src/api/ports.ts'
import { startPipeline } from '../../src/cli/pipeline.ts'
import { withConfig } from '../../src/cli/session.ts'
import { chooseSinks } from '../../src/cli/sinks/choose-sinks.ts'
import { openViewsSql } from '../../src/cli/views-postgres.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { systemClock } from '../../src/core/clock.ts'
import { memoryUse } from '../measure/usage.ts'
import type { Channel } from '../process/channel.ts'
import { quietLogger } from './quiet-logger.ts'

export interface RunWithSinksParams {
  readonly folder: string
  /** The settings that say where the stores are. */
  readonly environment: Readonly<Record<string, string>>
}

/** What it answers when asked for what happened `since` it was asked the last time. */
export interface SinksSince {
  /** By sink: the most changes that all of its views together were behind. */
  readonly mostLag: Readonly<Record<string, number>>
  /** By sink, as it is now. */
  readonly lag: Readonly<Record<string, number>>
  /** Of memory without pages of files: those of the log are the system's to take back. */
  readonly mostPrivateBytes: number
}

const LOOK_MS = 100
/** For what is still to be written when it is stopped. */
const LAST_ROWS_MS = 120_000

/** Runs the topologies and all sinks that are configured, as `windrow run` does, until it is asked to `stop`. */
export async function runWithSinks({ folder, environment }: RunWithSinksParams, channel: Channel): Promise<void> {
  const config = loadConfig(environment, folder)
  const logger = { ...quietLogger, warn: () => undefined }
  const sql = openViewsSql(config, logger)
  await withConfig(config, async (session) => {
    const stopping = new AbortController()
    const asked = channel.asked('stop').then(() => stopping.abort())
    const sinks = chooseSinks(config, null)
    const pipeline = await startPipeline({ session, logger, sinks, sql, signal: stopping.signal })
    const watching = watch(() => pipeline.sinkHealth(), channel, stopping.signal)
    channel.tell('running', null)
    await asked
    await watching
    await pipeline.untilEnd(AbortSignal.timeout(LAST_ROWS_MS))
    await pipeline.stop()
    channel.tell('stop', null)
  })
  await sql.close()
}

function privateBytes(): number {
  const { privateBytes, rssBytes } = memoryUse()
  return privateBytes ?? rssBytes
}

async function watch(health: () => Promise<readonly SinkHealth[]>, channel: Channel, signal: AbortSignal): Promise<void> {
  let mostLag: Record<string, number> = {}
  let lag: Record<string, number> = {}
  let mostPrivateBytes = 0
  const answer = async (): Promise<never> => {
    for (;;) {
      await channel.asked('since')
      channel.tell('since', { mostLag, lag, mostPrivateBytes } satisfies SinksSince)
      mostLag = { ...lag }
      mostPrivateBytes = privateBytes()
    }
  }
  void answer()
  while (!signal.aborted) {
    lag = {}
    for (const each of await health()) lag[each.sink] = (lag[each.sink] ?? 0) + each.lag
    for (const [sink, behind] of Object.entries(lag)) mostLag[sink] = Math.max(mostLag[sink] ?? 0, behind)
    mostPrivateBytes = Math.max(mostPrivateBytes, privateBytes())
    await systemClock.sleep(LOOK_MS, signal)
  }
}
