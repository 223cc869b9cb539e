import { SingleBar } from 'cli-progress'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'

/** Shows how far something is of which the whole is known. */
export interface Progress {
  /** `done` and `total` in the unit that the display was made for. */
  update(done: number, total: number): void
  end(): void
}

/** Between two log lines. */
const LINE_EVERY_MS = 5_000
/** The rate is that of the last seconds. */
const WINDOW_MS = 10_000

export interface ProgressOptions {
  /** Null where there is no terminal: log lines then. */
  readonly terminal: NodeJS.WriteStream | null
  readonly logger: Logger
  readonly clock: Clock
  /** For instance `weather_daily`. */
  readonly title: string
  /** For instance `readings`. */
  readonly unit: string
}

/** A bar with the rate and the time left on a terminal, log lines with the same otherwise. */
export function showProgress(options: ProgressOptions): Progress {
  return options.terminal?.isTTY === true ? bar(options, options.terminal) : lines(options)
}

function lines({ logger, clock, title, unit }: ProgressOptions): Progress {
  const measure = rateMeter(clock)
  let lastLine = clock.monotonic()
  return {
    update(done, total) {
      const rate = measure(done)
      if (clock.monotonic() - lastLine < LINE_EVERY_MS) return
      lastLine = clock.monotonic()
      const percent = total === 0 ? 100 : Math.floor((100 * done) / total)
      const left = secondsLeft(done, total, rate)
      const facts = {
        [unit]: done,
        of: total,
        percent,
        per_second: Math.round(rate),
        ...(left === null ? {} : { seconds_left: left }),
      }
      logger.info(facts, title)
    },
    end: () => undefined,
  }
}

const FORMAT = '{title} [{bar}] {percentage}% {rate} {unit}/s{left}'

function bar({ clock, title, unit }: ProgressOptions, terminal: NodeJS.WriteStream): Progress {
  const measure = rateMeter(clock)
  const single = new SingleBar({ stream: terminal, format: FORMAT, hideCursor: true, stopOnComplete: false })
  single.start(1, 0, { title, unit, rate: '-', left: '' })
  return {
    update(done, total) {
      const rate = measure(done)
      const left = secondsLeft(done, total, rate)
      single.setTotal(Math.max(1, total))
      const text = {
        rate: Math.round(rate).toLocaleString('en-US'),
        left: left === null || left === 0 ? '' : `, ${timeText(left)} left`,
      }
      single.update(total === 0 ? 1 : done, { title, unit, ...text })
    },
    end: () => single.stop(),
  }
}

/** Gives the rate a second over the last moments. */
function rateMeter(clock: Clock): (done: number) => number {
  const seen: Array<{ readonly at: number; readonly done: number }> = []
  return (done) => {
    const now = clock.monotonic()
    seen.push({ at: now, done })
    while (seen.length > 2 && now - (seen[0] as { at: number }).at > WINDOW_MS) seen.shift()
    const first = seen[0] as { at: number; done: number }
    return now === first.at ? 0 : (Math.max(0, done - first.done) * 1000) / (now - first.at)
  }
}

function secondsLeft(done: number, total: number, rate: number): number | null {
  return rate <= 0 ? null : Math.ceil(Math.max(0, total - done) / rate)
}

function timeText(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0) return `${seconds} s`
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
