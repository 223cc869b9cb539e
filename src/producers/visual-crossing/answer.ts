import type { WeatherReading } from '../../events/reading.ts'
import { BadReading } from '../bad-reading.ts'
import { numberCell, shown, textCell } from '../file/cells.ts'
import { forecastOf, hourOf, type SaidHour, type SaidHours } from '../hourly-poll.ts'
import { answerShape } from '../http/answer-shape.ts'
import type { UpstreamAnswer } from '../http/upstream.ts'
import { jsonBytes } from '../json-bytes.ts'
import { badInput } from '../source.ts'
import type { Station } from '../stations/station.ts'

const KMH_PER_MS = 3.6

interface Answer {
  readonly days: ReadonlyArray<{ readonly hours?: readonly Hour[] | null }>
}

type Hour = Readonly<Record<string, unknown>>

const readFrame = answerShape<Answer>('Visual Crossing', {
  type: 'object',
  required: ['days'],
  properties: {
    days: {
      type: 'array',
      items: {
        type: 'object',
        properties: { hours: { type: ['array', 'null'], items: { type: 'object' } } },
      },
    },
  },
})

/**
 * `obs`: measured at stations. `comb`: measured, and filled up from a model where stations lack something. Both are what Visual Crossing says
 * that the weather was. `fcst` and `stats` (what is usual at that time of the year) are what it may become, and never a reading.
 */
const MEASURED: ReadonlySet<unknown> = new Set(['obs', 'comb'])
const EXPECTED: ReadonlySet<unknown> = new Set(['fcst', 'stats'])

/**
 * The hours of an answer. An hour is the one that begins at `datetimeEpoch`, with its precipitation. Throws WR_UPSTREAM_ANSWER for
 * anything else but such an answer.
 */
export function visualCrossingHours(answer: UpstreamAnswer, station: Pick<Station, 'id' | 'place'>): SaidHours {
  const hours = readFrame(answer).days.flatMap((day) => day.hours ?? [])
  const byStart = new Map<number, Hour>()
  const timeless: Hour[] = []
  for (const hour of hours) {
    const start = startOf(hour)
    if (start === null) timeless.push(hour)
    else byStart.set(start, hour)
  }
  const starts = [...byStart.keys()].sort((a, b) => a - b)
  return {
    *hours(from, to) {
      for (const hour of timeless) {
        const problem = `datetimeEpoch: ${shown(hour.datetimeEpoch)} is no whole number of seconds`
        yield saidBad(null, hour, new BadReading('WR_READING_TIMESTAMP', problem), station)
      }
      for (const start of starts) {
        if (start < from || start >= to) continue
        const said = saidHour(start, byStart.get(start) as Hour, station)
        if (said !== null) yield said
      }
    },
    next: (start) => {
      const hour = byStart.get(start)
      if (hour === undefined) return null
      return forecastOf(() => ({ temp: numberOf(hour, 'temp'), precip: numberOf(hour, 'precip') }))
    },
  }
}

function startOf({ datetimeEpoch }: Hour): number | null {
  return typeof datetimeEpoch === 'number' && Number.isSafeInteger(datetimeEpoch) ? datetimeEpoch * 1000 : null
}

/** Null where upstream has only a forecast of the hour. */
function saidHour(start: number, hour: Hour, station: Pick<Station, 'id' | 'place'>): SaidHour | null {
  if (EXPECTED.has(hour.source)) return null
  return hourOf(start, station.id, hour, () => {
    if (MEASURED.has(hour.source)) return readingOf(start, hour, station)
    throw new BadReading('WR_READING_FIELD', `source: ${shown(hour.source)} is none of obs, comb, fcst and stats`)
  })
}

function saidBad(start: number | null, hour: Hour, fault: BadReading, station: Pick<Station, 'id'>): SaidHour {
  return { kind: 'bad', start, bad: badInput(station.id, null, jsonBytes(hour), fault) }
}

function readingOf(start: number, hour: Hour, station: Pick<Station, 'id' | 'place'>): WeatherReading {
  const windKmh = numberOf(hour, 'windspeed')
  const precipitation = numberOf(hour, 'precip')
  const weatherCondition = textCell(hour.conditions, 'conditions')
  return {
    timestamp: start,
    intervalMinutes: 60,
    location: station.place,
    revisedAt: null,
    ingestedAt: 0,
    dataOrigin: 'visual-crossing',
    stationId: station.id,
    temperature: numberOf(hour, 'temp'),
    humidity: numberOf(hour, 'humidity'),
    pressure: numberOf(hour, 'pressure'),
    windSpeed: windKmh === null ? null : windKmh / KMH_PER_MS,
    windDirection: numberOf(hour, 'winddir'),
    precipitation,
    weatherCondition,
    isRain: isRain(typesOf(hour), weatherCondition, precipitation),
    isStorm: weatherCondition === null ? null : /thunder|lightning/i.test(weatherCondition),
    nextHourTemp: null,
    nextHourPrecip: null,
  }
}

/** Null where nothing tells: no kind of precipitation, no words, and no amount (0 mm is an amount, more may have been snow). */
function isRain(types: readonly string[], words: string | null, precipitation: number | null): boolean | null {
  if (types.includes('rain') || types.includes('freezingrain')) return true
  if (words !== null) return /rain|drizzle/i.test(words)
  return types.length > 0 || precipitation === 0 ? false : null
}

function typesOf({ preciptype }: Hour): readonly string[] {
  if (preciptype === null || preciptype === undefined) return []
  if (Array.isArray(preciptype) && preciptype.every((each) => typeof each === 'string')) return preciptype
  throw new BadReading('WR_READING_FIELD', `preciptype: ${shown(preciptype)} is no list of texts`)
}

function numberOf(hour: Hour, name: string): number | null {
  return numberCell(hour[name], name)
}
