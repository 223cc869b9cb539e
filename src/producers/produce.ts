import type { Clock } from '../core/clock.ts'
import { isWindrowError, messageOf } from '../core/errors.ts'
import { type SpanAttributes, traced } from '../core/tracing.ts'
import { continuously } from './continuous.ts'
import type { ProgressDisplay } from './progress.ts'
import { addCounts, noCounts, type PublishCounts } from './publish-counts.ts'
import { openPublisher, type PublisherSession, type SessionOptions } from './publisher-session.ts'
import { everyInterval, type Rhythm } from './rhythm.ts'

/** A source is alive: its last poll went well, or did not. */
export interface Heartbeat {
  readonly source: string
  readonly station: string
  /** The producer's clock, milliseconds since the epoch. */
  readonly at: number
  /** Null after a poll that went well. */
  readonly error: PollFailure | null
  /** Of this poll. */
  readonly counts: PublishCounts
  /** Start of the newest reading that upstream has said in this session, null when it has said none. */
  readonly newestAt: number | null
}

/** Why a poll failed: what its line in the log says. */
export interface PollFailure {
  readonly code: string
  readonly message: string
  /** Null where nobody has foreseen it. */
  readonly remedy: string | null
}

export interface ProduceOptions extends SessionOptions {
  /** False (default): one poll. True: polls in the rhythm until the signal aborts. */
  readonly continuous?: boolean | undefined
  /** Default: at once, and every minute from then on. */
  readonly rhythm?: Rhythm | undefined
  /** Ends cleanly: the commit under way is finished, and what was taken is committed. */
  readonly signal?: AbortSignal | undefined
  readonly progress?: ProgressDisplay | undefined
  readonly onHeartbeat?: ((heartbeat: Heartbeat) => void) | undefined
  /** In [0, 1), for the waits after failures. Default Math.random. */
  readonly random?: (() => number) | undefined
}

export interface ProduceSummary extends PublishCounts {
  /** Polls that went well. */
  readonly polls: number
  /** Polls that failed and were tried again. */
  readonly failures: number
  /** True when the signal ended it. */
  readonly stopped: boolean
}

const DEFAULT_INTERVAL_MS = 60_000

/**
 * The right to publish ends also where nobody else took it: while this process slept, or the broker was away for long. It is taken
 * again then; WR_WRITER_HELD tells where another process has it.
 */
const RIGHT_LOST: ReadonlySet<string> = new Set(['WR_FENCED', 'WR_COMMIT_UNKNOWN'])
const RETAKE_MS = 60_000

/**
 * Publishes what a source says as far as it is new or revised. Once: throws what goes wrong, after all that could be published was;
 * a right to publish that was lost is taken again before.
 * Continuously: what goes wrong is logged and tried again, and only wrong use at the very beginning is thrown. Several calls may run
 * in one process, each with its own source.
 */
export async function produce(options: ProduceOptions): Promise<ProduceSummary> {
  const { source, clock, logger, progress, onHeartbeat } = options
  const signal = options.signal ?? new AbortController().signal
  const facts = { source: source.name, station: source.station }
  const total = noCounts()
  let polls = 0
  let failures = 0
  let session: PublisherSession | null = null
  /** What the last failure said, where it was that another process has the right to publish. */
  let lastHeld: string | null = null

  const closeSession = async (): Promise<void> => {
    const open = session
    session = null
    try {
      await open?.close()
    } catch (error) {
      // Its right ends by itself; what matters is what went wrong before.
      logger.warn({ ...facts, code: codeOf(error) }, `the session did not close: ${messageOf(error)}`)
    }
  }

  const pollOnce = async (): Promise<void> => {
    session ??= await openPublisher(options)
    const { publisher } = session
    let isDone = false
    progress?.begin(source.name, source.station)
    try {
      await publisher.poll({ signal, ...(progress === undefined ? {} : { onProgress: progress.update }) })
      isDone = true
    } finally {
      addCounts(total, publisher.counts)
      progress?.end(isDone ? publisher.counts : null)
    }
    polls += 1
    lastHeld = null
    onHeartbeat?.({ ...facts, at: clock.now(), error: null, counts: publisher.counts, newestAt: publisher.newestAt })
  }

  const spanAttributes = (): SpanAttributes => {
    const { published, revised, deadLettered } = session?.publisher.counts ?? noCounts()
    return {
      'windrow.source': source.name,
      'windrow.station': source.station,
      'windrow.published': published + revised,
      'windrow.dead_lettered': deadLettered,
    }
  }

  const attempt = async (): Promise<void> => {
    try {
      await traced('source poll', spanAttributes, pollOnce)
    } catch (error) {
      // What the session remembers may not be what is in the log.
      const counts = session?.publisher.counts ?? noCounts()
      const newestAt = session?.publisher.newestAt ?? null
      onHeartbeat?.({ ...facts, at: clock.now(), error: failureOf(error), counts, newestAt })
      await closeSession()
      throw error
    }
  }

  const onFailure = (error: unknown, count: number, delayMs: number): void => {
    failures += 1
    const remedy = isWindrowError(error) ? { remedy: error.remedy } : {}
    const retry = { failures: count, retry_in_seconds: Math.round(delayMs / 100) / 10 }
    // Another process does the work, maybe for weeks: that is said once.
    const held = isWindrowError(error, 'WR_WRITER_HELD') ? error.message : null
    const level = held !== null && held === lastHeld ? 'debug' : 'error'
    lastHeld = held
    logger[level]({ ...facts, code: codeOf(error), ...remedy, ...retry }, `the poll failed: ${messageOf(error)}`)
  }

  try {
    if (options.continuous === true) {
      const { rhythm = everyInterval(DEFAULT_INTERVAL_MS, clock), random = Math.random } = options
      await continuously({ rhythm, clock, signal, attempt, onFailure, random })
    } else {
      await whileRightIsLost({ attempt, clock, signal }, (error) => {
        logger.warn({ ...facts, code: codeOf(error) }, `taking the right to publish once more: ${messageOf(error)}`)
      })
    }
  } finally {
    await closeSession()
  }
  return { ...total, polls, failures, stopped: signal.aborted }
}

/** Attempts until it succeeds, as long as what goes wrong is that the right to publish was lost. */
async function whileRightIsLost(
  { attempt, clock, signal }: { attempt: () => Promise<void>; clock: Clock; signal: AbortSignal },
  onLost: (error: unknown) => void,
): Promise<void> {
  let lostAt: number | null = null
  while (!signal.aborted) {
    try {
      return await attempt()
    } catch (error) {
      if (!RIGHT_LOST.has(codeOf(error))) throw error
      onLost(error)
      lostAt ??= clock.monotonic()
      if (clock.monotonic() - lostAt > RETAKE_MS) throw error
    }
  }
}

function failureOf(error: unknown): PollFailure {
  return { code: codeOf(error), message: messageOf(error), remedy: isWindrowError(error) ? error.remedy : null }
}

function codeOf(error: unknown): string {
  return isWindrowError(error) ? error.code : 'UNEXPECTED'
}
