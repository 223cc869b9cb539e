import type { SinkHealth } from '../../api/ports.ts'
import { systemClock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Write } from '../../log/port.ts'
import { type DeadLetterTopic, ensureDeadLetters } from '../../runtime/dead-letter-output.ts'
import { type LakeRunner, startLake } from '../../sinks/lake/lake-runner.ts'
import type { RefusedRow } from '../../sinks/refused-row.ts'
import type { Session } from '../session.ts'
import { deadLetterOf } from '../sinks/dead-letter-of.ts'
import { lakeHealth } from './lake-health.ts'
import { lakeLayers, layersNamed } from './lake-layers.ts'
import { openLakeStorage } from './open-lake-storage.ts'

export interface StartLakeOptions {
  readonly session: Session
  readonly logger: Logger
  /** Those of the configuration where none are named. */
  readonly layers?: readonly string[]
  /** As `30d`; that of the configuration where nothing is said. */
  readonly keep?: string
  /** Ends when all is written that was in the log at the start. */
  readonly once?: boolean
  readonly deadLetters?: DeadLetterTopic | null
}

const MS_PER_SECOND = 1000
const MEBIBYTE = 1024 * 1024

/** A lake that is written, and how it stands. */
export interface ConfiguredLake extends LakeRunner {
  health(): Promise<readonly SinkHealth[]>
}

/** Writes the lake for as long as it runs, or until it has all; of several processes that do so for one lake the others wait. */
export async function startConfiguredLake(options: StartLakeOptions): Promise<ConfiguredLake> {
  const { session, logger, once = false } = options
  const { config, log } = session
  const names = layersNamed(options.layers ?? config.lakeLayers)
  const keepDays = daysOf(options.keep ?? config.lakeKeep)
  const deadLetters = options.deadLetters ?? (await ensureDeadLetters(log, config.partitions))
  const storage = await openLakeStorage(config)
  let refused = 0
  const deadLetter = (row: RefusedRow): Write => {
    refused += 1
    return deadLetterOf(row, deadLetters, systemClock.now())
  }
  try {
    const runner = await startLake({
      storage,
      log,
      layers: lakeLayers({ session, names, keepDays, deadLetter }),
      clock: systemClock,
      logger,
      once,
      tuning: {
        flushMs: config.lakeFlushSeconds * MS_PER_SECOND,
        fileBytes: config.lakeFileMb * MEBIBYTE,
        fileRows: config.lakeFileRows,
      },
    })
    const health = async (): Promise<SinkHealth[]> =>
      lakeHealth(await runner.status(), { flushSeconds: config.lakeFlushSeconds, refused })
    return { ...runner, health }
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** 30 of `30d`. */
function daysOf(keep: string | null): number | null {
  if (keep === null) return null
  const match = /^([1-9][0-9]{0,4})d$/.exec(keep)
  if (match !== null) return Number(match[1])
  throw new WindrowError('WR_USAGE', {
    message: `--keep is ${JSON.stringify(keep)}, which is no number of days.`,
    remedy: 'Give days, for instance --keep 30d.',
    kind: 'usage',
  })
}
