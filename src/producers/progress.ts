import { SingleBar } from 'cli-progress'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { countFacts, type PublishCounts } from './publish-counts.ts'

/** Shows how a poll goes on. */
export interface ProgressDisplay {
  begin(source: string, station: string): void
  /** `done` and `total` in the source's unit, `total` null where nobody knows. */
  update(done: number, total: number | null, counts: PublishCounts): void
  /** `counts` null: the poll failed, and somebody else says why. */
  end(counts: PublishCounts | null): void
}

/** Between two log lines of a poll that takes long. */
const LINE_EVERY_MS = 10_000

/** A bar on a terminal (written to stderr, so that stdout stays for programs), log lines otherwise. */
export function progressDisplay(stream: NodeJS.WriteStream, logger: Logger, clock: Clock): ProgressDisplay {
  return stream.isTTY ? progressBar(stream) : progressLines(logger, clock)
}

/** A line at the end of each poll (with `onlyNews` of those that brought something), and now and then on the way. */
export function progressLines(logger: Logger, clock: Clock, { onlyNews = false } = {}): ProgressDisplay {
  let facts = {}
  let lastLine = 0
  return {
    begin: (source, station) => {
      facts = { source, station }
      lastLine = clock.monotonic()
    },
    update: (done, total, counts) => {
      if (clock.monotonic() - lastLine < LINE_EVERY_MS) return
      lastLine = clock.monotonic()
      const share = total === null || total === 0 ? {} : { percent: Math.floor((100 * done) / total) }
      logger.info({ ...facts, ...countFacts(counts), ...share }, 'publishing')
    },
    end: (counts) => {
      if (counts === null) return
      const isNews = counts.published + counts.revised + counts.deadLettered > 0
      logger[isNews || !onlyNews ? 'info' : 'debug']({ ...facts, ...countFacts(counts) }, 'published')
    },
  }
}

function progressBar(stream: NodeJS.WriteStream): ProgressDisplay {
  let bar: SingleBar | null = null
  let title = ''
  return {
    begin: (source, station) => {
      title = station === '*' ? source : `${source} ${station}`
      bar = new SingleBar({ stream, format, hideCursor: true, clearOnComplete: false, stopOnComplete: false })
      bar.start(1, 0, { title, text: '' })
    },
    update: (done, total, counts) => {
      // Without a total the bar stays empty, and the counts tell.
      bar?.setTotal(total ?? Math.max(1, done * 2))
      bar?.update(total === null ? 0 : done, { title, text: textOf(counts) })
    },
    end: (counts) => {
      if (counts !== null) bar?.update(bar.getTotal(), { title, text: textOf(counts) })
      bar?.stop()
      bar = null
    },
  }
}

const format = '{title} [{bar}] {percentage}% {text}'

function textOf(counts: PublishCounts): string {
  const parts = [`${counts.published} published`]
  if (counts.revised > 0) parts.push(`${counts.revised} revised`)
  if (counts.unchanged > 0) parts.push(`${counts.unchanged} unchanged`)
  if (counts.deadLettered > 0) parts.push(`${counts.deadLettered} to dead letters`)
  return parts.join(', ')
}
