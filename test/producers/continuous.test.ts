import { describe, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/core/calendar.ts'
import type { Clock } from '../../src/core/clock.ts'
import { WindrowError } from '../../src/core/errors.ts'
import { continuously } from '../../src/producers/continuous.ts'
import { type Heartbeat, type ProduceSummary, produce } from '../../src/producers/produce.ts'
import { atInstants, everyInterval } from '../../src/producers/rhythm.ts'
import { type ManualClock, manualClock } from '../../src/testing/manual-clock.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { air, listSource, type Said } from './list-source.ts'
import { readingsIn } from './published.ts'
import { keepingLogger } from './quiet-logger.ts'

interface Loop {
  readonly clock: ManualClock
  readonly starts: number[]
  readonly failures: Array<readonly [string, number, number]>
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** Attempts every 10 s that take as long as `lengths` says, one after the other, or fail. */
function loop(lengths: ReadonlyArray<number | Error>, random = (): number => 0): Loop {
  const clock = manualClock()
  const stop = new AbortController()
  const starts: number[] = []
  const failures: Array<readonly [string, number, number]> = []
  const attempt = async (): Promise<void> => {
    const what = lengths[starts.length] ?? 0
    starts.push(clock.monotonic())
    if (what instanceof Error) throw what
    if (what > 0) await clock.sleep(what)
  }
  const onFailure = (error: unknown, count: number, delayMs: number): void => {
    failures.push([(error as Error).message, count, delayMs])
  }
  const done = continuously({ rhythm: everyInterval(10_000, clock), clock, signal: stop.signal, attempt, onFailure, random })
  return { clock, starts, failures, stop, done }
}

describe('a continuous poll', () => {
  test('starts at whole intervals, without drift, however long each takes', async () => {
    const { clock, starts, stop, done } = loop([3000, 9999, 1, 0, 7000])
    await clock.advance(45_000)
    expect(starts).toEqual([0, 10_000, 20_000, 30_000, 40_000])
    stop.abort()
    await clock.advance(10_000)
    await done
  })

  test('never overlaps: what it is too late for is left out', async () => {
    const { clock, starts, stop, done } = loop([25_000, 0, 12_000])
    await clock.advance(65_000)
    expect(starts).toEqual([0, 30_000, 40_000, 60_000])
    stop.abort()
    await done
  })

  test('that fails because upstream wants to be left alone is tried again when upstream said', async () => {
    const retry_at = new Date(manualClock().now() + 90_000).toISOString()
    const busy = new WindrowError('WR_UPSTREAM_BUSY', { message: 'busy', remedy: 'wait', facts: { retry_at } })
    const { clock, starts, failures, stop, done } = loop([busy])
    await clock.advance(95_000)
    expect([starts, failures]).toEqual([[0, 90_000], [['busy', 1, 90_000]]])
    stop.abort()
    await clock.advance(10_000)
    await done
  })

  test('is tried again after 1, 2, 4, ... at most 60 seconds when it fails, then goes on as before', async () => {
    const broken = new Error('away')
    const { clock, starts, failures, stop, done } = loop([0, ...Array<Error>(8).fill(broken)])
    await clock.advance(10_000 + 1000 * (1 + 2 + 4 + 8 + 16 + 32 + 60 + 60) + 10_000)
    expect(failures.map(([, count, delayMs]) => [count, delayMs / 1000])).toEqual(
      [1, 2, 4, 8, 16, 32, 60, 60].map((s, i) => [i + 1, s]),
    )
    expect(starts.slice(-2)).toEqual([193_000, 200_000])
    stop.abort()
    await done
  })

  test('waits a little less than that by chance, so that many do not come at once', async () => {
    const { clock, failures, stop, done } = loop([new Error('away')], () => 0.5)
    await clock.whenSleeping()
    expect(failures).toEqual([['away', 1, 750]])
    stop.abort()
    await done
  })

  test('ends with the error where the very first shows wrong use', async () => {
    const wrong = new WindrowError('WR_FILE_FORMAT', { message: 'no', remedy: 'do', kind: 'usage' })
    await expect(loop([wrong]).done).rejects.toBe(wrong)
    const { clock, failures, stop, done } = loop([0, wrong])
    await clock.advance(10_000)
    expect(failures).toHaveLength(1)
    stop.abort()
    await done
  })

  test('by the clock comes at its instants, also when the clock is set meanwhile, and what it is too late for is left out', async () => {
    const clock = manualClock(0)
    const stop = new AbortController()
    const at: number[] = []
    let ahead = 0
    const set: Clock = { ...clock, now: () => clock.now() + ahead }
    const attempt = async (): Promise<void> => {
      at.push(set.now() / MINUTE_MS)
      if (at.length === 2) await clock.sleep(25 * MINUTE_MS)
    }
    const rhythm = atInstants((instant) => (Math.floor(instant / (10 * MINUTE_MS)) + 1) * 10 * MINUTE_MS, set)
    const done = continuously({ rhythm, clock: set, signal: stop.signal, attempt, onFailure: () => {} })
    await clock.advance(51 * MINUTE_MS)
    expect(at).toEqual([10, 20, 50])
    ahead = 8 * MINUTE_MS
    await clock.advance(MINUTE_MS)
    expect(at).toEqual([10, 20, 50, 60])
    stop.abort()
    await clock.advance(MINUTE_MS)
    await done
  })

  test('is waited for when the signal aborts', async () => {
    const { clock, starts, stop, done } = loop([5000])
    let isDone = false
    const ended = done.then(() => {
      isDone = true
    })
    stop.abort()
    await clock.advance(4999)
    expect(isDone).toBe(false)
    await clock.advance(1)
    await ended
    expect(starts).toEqual([0])
  })
})

describe('producing continuously', () => {
  const run = (upstream: () => ReadonlyArray<Said | Error>) => {
    const clock = manualClock()
    const log = memoryLog()
    const stop = new AbortController()
    const logger = keepingLogger()
    const beats: Heartbeat[] = []
    const done: Promise<ProduceSummary> = produce({
      ...{
        log,
        kv: memoryKv(),
        source: listSource(upstream),
        partitions: 1,
        clock,
        logger,
        continuous: true,
        rhythm: everyInterval(60_000, clock),
      },
      ...{
        signal: stop.signal,
        onHeartbeat: (beat: Heartbeat) => void beats.push({ ...beat, counts: { ...beat.counts } }),
        random: () => 0,
      },
    })
    return { clock, log, stop, logger, beats, done }
  }

  test('publishes what each poll brings, and adds nothing where it brings nothing', async () => {
    const said: Said[] = [{ station: 'a', hour: 0, value: 1 }]
    const { clock, log, stop, beats, done } = run(() => said)
    await clock.whenSleeping()
    await clock.advance(60_000)
    await clock.whenSleeping()
    said.push({ station: 'a', hour: -1, value: 2 })
    await clock.advance(60_000)
    await clock.whenSleeping()
    stop.abort()
    expect(await done).toMatchObject({ polls: 3, published: 2, unchanged: 2, stopped: true })
    expect(await readingsIn(log, air)).toHaveLength(2)
    expect(beats.map(({ source, error, counts }) => [source, error, counts.published])).toEqual([
      ['test', null, 1],
      ['test', null, 0],
      ['test', null, 1],
    ])
  })

  test('says once that another process has the right to publish, until that changes', async () => {
    const held = (pid: number): WindrowError =>
      new WindrowError('WR_WRITER_HELD', { message: `held by ${pid}`, remedy: 'stop it', canRetry: true })
    let said: Array<Said | Error> = [held(1)]
    const { clock, stop, logger, done } = run(() => said)
    const retry = async (next: Array<Said | Error>): Promise<void> => {
      await clock.whenSleeping()
      said = next
      await clock.advance(60_000)
    }
    for (const next of [held(1), held(1), held(2), held(2), new Error('no answer'), held(2)]) await retry([next])
    await retry([])
    await retry([held(2)])
    await clock.whenSleeping()
    stop.abort()
    await done
    const told = logger.lines.filter(({ message }) => message.startsWith('the poll failed'))
    expect(told.filter(({ level }) => level === 'error').map(({ message }) => message.slice('the poll failed: '.length))).toEqual(
      [...['held by 1', 'held by 2', 'no answer', 'held by 2', 'held by 2']],
    )
    expect(told.filter(({ level }) => level === 'debug').length).toBeGreaterThan(3)
  })

  test('goes on after a failed poll, tells why, and loses and repeats nothing', async () => {
    const said: Array<Said | Error> = [
      { station: 'a', hour: 0, value: 1 },
      new Error('no answer'),
      { station: 'a', hour: 1, value: 2 },
    ]
    const { clock, log, stop, logger, beats, done } = run(() => said)
    await clock.whenSleeping()
    said.splice(1, 1)
    await clock.advance(1000)
    await clock.whenSleeping()
    stop.abort()
    expect(await done).toMatchObject({ polls: 1, failures: 1, published: 2, unchanged: 1 })
    expect(await readingsIn(log, air)).toHaveLength(2)
    expect(beats.map(({ error }) => error)).toEqual([{ code: 'UNEXPECTED', message: 'no answer', remedy: null }, null])
    const [line] = logger.lines.filter(({ level }) => level === 'error')
    expect(line).toMatchObject({
      message: 'the poll failed: no answer',
      facts: { source: 'test', station: '*', failures: 1, retry_in_seconds: 1 },
    })
  })
})
