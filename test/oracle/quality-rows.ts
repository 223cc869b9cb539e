import type { Reading } from '../../src/events/reading.ts'
import type { ExpectedRow, ExpectedRows } from './log-record.ts'
import { type Arrival, endOf, type Identity } from './resolve-readings.ts'
import { coverageOf, greatestOf, quotientOf } from './statistics.ts'
import { byWindow, days, groupBy, rowKey, windowColumns } from './window-rows.ts'

/** Plausible from, plausible to, and how far beyond both neighbours at least; a share of the day's greatest value for energy; null is never. */
type Rule = readonly [from: number, to: number, spike: number | 'a fifth' | null]

const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  weather: {
    temperature: [-80, 60, 6],
    humidity: [0, 100, 25],
    pressure: [500, 1100, 4],
    windSpeed: [0, 75, 20],
    windDirection: [0, 360, null],
    precipitation: [0, 1825, null],
  },
  air: {
    co: [0, 100, 10],
    no2: [0, 1000, 200],
    o3: [0, 1000, 200],
    pm10: [0, 10_000, 300],
    pm25: [0, 2000, 150],
    temperature: [-80, 60, 6],
    humidity: [0, 100, 25],
  },
  energy: { value: [-1e6, 1e7, 'a fifth'] },
}

interface Measured {
  readonly reading: Reading
  readonly value: number
}

/** One row a series and local day. */
export function qualityRows<R extends Reading>(
  kind: string,
  current: readonly R[],
  arrivals: ReadonlyMap<R, Arrival>,
  identity: Identity<R>,
): ExpectedRows {
  const rows = new Map<string, ExpectedRow>()
  const ofSeries = groupBy(current, (reading) => JSON.stringify([identity.key(reading), identity.subKey(reading) || 'all']))
  for (const [text, readings] of ofSeries) {
    const [stationId, series] = JSON.parse(text) as [string, string]
    const watermark = Math.max(...readings.map(endOf))
    for (const [day, inDay] of byWindow(readings, days)) {
      const key = { kind, stationId, series, day }
      const window = windowColumns(inDay, day, days, watermark)
      rows.set(rowKey(kind, stationId, series, day), {
        ...key,
        ...window,
        ...quality(kind, inDay, day, window.complete === true, arrivalsOf(inDay, arrivals)),
      })
    }
  }
  return rows
}

interface Arrivals {
  readonly timedN: number
  readonly lateN: number
  readonly delayMedian: number | null
  readonly delayMax: number | null
  readonly duplicateN: number
}

const HOUR_MS = 3_600_000

function arrivalsOf<R extends Reading>(readings: readonly R[], arrivals: ReadonlyMap<R, Arrival>): Arrivals {
  const timed = readings
    .map((reading) => ({ reading, delay: (arrivals.get(reading) as Arrival).firstAt - endOf(reading) }))
    // Delays are whole seconds, rounded down.
    .filter(({ delay }) => Math.floor(delay / 1000) <= 7 * 24 * 3600)
  const late = timed.filter(({ reading, delay }) => Math.floor(delay / 1000) * 1000 > longest(2 * HOUR_MS, reading))
  const seconds = timed.map(({ delay }) => (delay < 0 ? 0 : Math.floor(delay / 1000)))
  return {
    timedN: timed.length,
    lateN: late.length,
    delayMedian: timed.length === 0 ? null : medianOf(seconds),
    delayMax: greatestOf(seconds),
    duplicateN: readings.reduce((sum, reading) => sum + (arrivals.get(reading) as Arrival).duplicates, 0),
  }
}

function longest(ms: number, { intervalMinutes }: Reading): number {
  return Math.max(ms, intervalMinutes * 60_000)
}

function quality(kind: string, readings: readonly Reading[], day: string, complete: boolean, timing: Arrivals): ExpectedRow {
  const counts = { quantityN: 0, valueN: 0, missingN: 0, implausibleN: 0, judgedN: 0, outlierN: 0 }
  for (const [name, [from, to, spike]] of Object.entries(RULES[kind] ?? {})) {
    const measured = readings.flatMap((reading): Measured[] => {
      const value = (reading as unknown as Record<string, number | null>)[name] as number | null
      return value === null ? [] : [{ reading, value }]
    })
    if (measured.length === 0) continue
    const plausible = measured.filter(({ value }) => from <= value && value <= to)
    counts.quantityN += 1
    counts.valueN += measured.length
    counts.missingN += readings.length - measured.length
    counts.implausibleN += measured.length - plausible.length
    if (spike === null) continue
    const floor = spike === 'a fifth' ? 0.2 * (greatestOf(plausible.map(({ value }) => Math.abs(value))) ?? 0) : spike
    const { judged, outliers } = judge(plausible, floor)
    counts.judgedN += judged
    counts.outlierN += outliers
  }
  const completeness = completenessOf(readings, day, complete)
  const validity = quotientOf(counts.valueN - counts.implausibleN, counts.valueN + counts.missingN)
  const regularity = quotientOf(counts.judgedN - counts.outlierN, counts.judgedN)
  const timeliness = quotientOf(timing.timedN - timing.lateN, timing.timedN)
  const score = validity === null ? 0 : scoreOf([40, completeness], [30, validity], [15, timeliness], [15, regularity])
  return { ...counts, ...timing, completeness, validity, timeliness, regularity, score }
}

function completenessOf(readings: readonly Reading[], day: string, complete: boolean): number {
  const newest = readings.at(-1) as Reading
  const bounds = days.boundsOf(day, newest.location.timeZone)
  const soFar = { start: bounds.start, end: Math.min(bounds.end, endOf(newest)) }
  return coverageOf(readings, complete ? bounds : soFar)
}

/** The mean of what is known, in percent. */
function scoreOf(...shares: ReadonlyArray<readonly [weight: number, share: number | null]>): number {
  const known = shares.filter(([, share]) => share !== null)
  const weights = known.reduce((sum, [weight]) => sum + weight, 0)
  return (100 * known.reduce((sum, [weight, share]) => sum + weight * (share as number), 0)) / weights
}

function judge(values: readonly Measured[], floor: number): { judged: number; outliers: number } {
  const steps: number[] = []
  const spikes: number[] = []
  values.forEach((now, i) => {
    const before = values[i - 1]
    const after = values[i + 1]
    if (before === undefined || !followsClosely(before, now)) return
    steps.push(Math.abs(now.value - before.value))
    if (after === undefined || !followsClosely(now, after)) return
    // The distance to the median of the three is that to the nearer neighbour where both are on one side, and 0 where they are not.
    spikes.push(Math.abs(now.value - (medianOf([before.value, now.value, after.value]) as number)))
  })
  if (steps.length < 5) return { judged: 0, outliers: 0 }
  const usual = medianOf(steps)
  const outliers = spikes.filter((spike) => spike > floor && spike > (3.5 / 0.6745) * usual)
  return { judged: spikes.length, outliers: outliers.length }
}

function followsClosely(before: Measured, after: Measured): boolean {
  const longer = Math.max(before.reading.intervalMinutes, after.reading.intervalMinutes)
  return after.reading.timestamp - before.reading.timestamp <= 2 * longer * 60_000
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const low = sorted[Math.ceil(sorted.length / 2) - 1] as number
  const high = sorted[Math.floor(sorted.length / 2)] as number
  return (low + high) / 2
}
