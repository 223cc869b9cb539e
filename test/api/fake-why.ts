import type { WhyReading, WhyReport } from '../../src/api/ports.ts'
import { HOUR_MS } from '../../src/core/calendar.ts'
import { timeZone } from '../../src/core/time-zone.ts'
import type { Cell, View } from '../../src/views/view.ts'
import { airAt, energyAt, type Place, places, type Window, weatherAt, windowsOf } from './fake-data.ts'

const units: Readonly<Record<string, string>> = {
  temperature: 'Cel',
  humidity: '%',
  pressure: 'hPa',
  windSpeed: 'm/s',
  windDirection: 'deg',
  precipitation: 'mm',
  co: 'mg/m3',
  consumption: 'MW',
  solar: 'MW',
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function readingAt(place: Place, at: number, offset: number): WhyReading | null {
  const values =
    place.kind === 'weather' ? weatherAt(place, at) : place.kind === 'air' ? airAt(place, at) : { ...energyAt(place, at) }
  if (values === null) return null
  return {
    timestamp: at,
    intervalMinutes: place.intervalMinutes,
    subKey: '',
    fate: 'current',
    revisedAt: null,
    ingestedAt: at + place.intervalMinutes * 60_000 + 4_000,
    dataOrigin: 'simulator',
    topic: `${place.kind}.readings`,
    partition: 0,
    offset,
    values: Object.entries(values).map(([name, value]) => ({
      field: snake(name),
      value: value as number,
      unit: units[name] ?? 'ug/m3',
    })),
  }
}

/** A value that was published first and corrected later, so that the list shows more than one fate. */
function superseded(reading: WhyReading): WhyReading[] {
  const first = reading.values.map((each) =>
    typeof each.value === 'number' ? { ...each, value: Number((each.value * 1.3).toFixed(2)) } : each,
  )
  return [
    { ...reading, fate: 'superseded', values: first },
    {
      ...reading,
      revisedAt: reading.ingestedAt + HOUR_MS,
      ingestedAt: reading.ingestedAt + HOUR_MS,
      offset: reading.offset + 40,
    },
  ]
}

function windowOf(view: View, place: Place, key: readonly Cell[]): Window {
  const time = view.key.at(-1)!
  const cell = key.at(-1)!
  if (typeof cell === 'number')
    return { label: String(cell), start: cell, end: cell + (time.column === 'hour' ? HOUR_MS : place.intervalMinutes * 60_000) }
  const noon = Date.parse(`${cell}${time.type === 'month' ? '-15' : ''}T12:00:00Z`)
  return windowsOf(place.zone, time.type === 'month' ? 'months' : 'days', noon, noon + 1)[0]!
}

export function fakeWhy(view: View, key: readonly Cell[], row: readonly Cell[] | null, now: number): WhyReport {
  const place = places.find(({ id }) => key.includes(id))
  if (place === undefined || view.name === 'stations') {
    return {
      row,
      window: null,
      complete: row !== null,
      waitingFor: null,
      watermarkAt: null,
      n: 0,
      expected: null,
      coverage: null,
      readings: [],
      truncated: false,
    }
  }
  const window = windowOf(view, place, key)
  const step = place.intervalMinutes * 60_000
  const readings: WhyReading[] = []
  for (let at = window.start; at < window.end && at + step <= now && readings.length < 200; at += step) {
    const reading = readingAt(place, at, Math.round(at / step) % 100_000)
    if (reading !== null) readings.push(...(readings.length === 2 ? superseded(reading) : [reading]))
  }
  const n = new Set(readings.map(({ timestamp }) => timestamp)).size
  const expected = Math.round((window.end - window.start) / step)
  const watermarkAt = Math.floor(now / step) * step
  const complete = watermarkAt >= window.end
  const end = new Date(window.end).toISOString().replace('.000Z', 'Z')
  return {
    row,
    window: { startAt: window.start, endAt: window.end, timeZone: timeZone(place.zone).name },
    complete,
    waitingFor: complete ? null : `A reading of ${place.id} that ends at ${end} or later.`,
    watermarkAt,
    n,
    expected,
    coverage: n / expected,
    readings,
    truncated: readings.length >= 200,
  }
}
