import { HOUR_MS } from '../../core/calendar.ts'
import type { WeatherReading } from '../../events/reading.ts'
import { numberCell, shown } from '../file/cells.ts'
import { forecastOf, hourOf, type SaidHour, type SaidHours } from '../hourly-poll.ts'
import { answerShape, wrongAnswer } from '../http/answer-shape.ts'
import type { UpstreamAnswer } from '../http/upstream.ts'
import type { Station } from '../stations/station.ts'
import { weatherOfCode } from './weather-codes.ts'

/** What is asked for, each with the unit that the answer has to give it in. */
export const UNITS = {
  temperature_2m: '°C',
  relative_humidity_2m: '%',
  pressure_msl: 'hPa',
  precipitation: 'mm',
  wind_speed_10m: 'm/s',
  wind_direction_10m: '°',
  weather_code: 'wmo code',
} as const

type Quantity = keyof typeof UNITS
const QUANTITIES = Object.keys(UNITS) as readonly Quantity[]

type Answer = {
  readonly hourly_units: Readonly<Record<Quantity | 'time', string>>
  readonly hourly: Readonly<Record<Quantity, readonly unknown[]>> & { readonly time: readonly number[] }
}

const TIMES_AND_QUANTITIES = ['time', ...QUANTITIES]

const readFrame = answerShape<Answer>('Open-Meteo', {
  type: 'object',
  required: ['hourly_units', 'hourly'],
  properties: {
    hourly_units: {
      type: 'object',
      required: TIMES_AND_QUANTITIES,
      properties: Object.fromEntries(TIMES_AND_QUANTITIES.map((name) => [name, { type: 'string' }])),
    },
    hourly: {
      type: 'object',
      required: TIMES_AND_QUANTITIES,
      properties: {
        ...Object.fromEntries(QUANTITIES.map((name) => [name, { type: 'array' }])),
        time: { type: 'array', items: { type: 'integer' } },
      },
    },
  },
})

type Row = Readonly<Record<Quantity, unknown>>

/**
 * The hours of an answer. A row of Open-Meteo's is an instant: temperature, humidity, pressure and wind are of that instant,
 * `precipitation` is the sum of the hour before it, and `weather_code` is made of that sum. A reading is of the hour that begins: so the
 * reading of 14:00 has the instants of 14:00, and the precipitation and the weather code of the row of 15:00.
 * Throws WR_UPSTREAM_ANSWER for anything else but such an answer.
 */
export function openMeteoHours(answer: UpstreamAnswer, station: Pick<Station, 'id' | 'place'>): SaidHours {
  const { hourly, hourly_units: units } = readFrame(answer)
  checkUnits(units, answer)
  const rows = new Map<number, Row>()
  for (const [i, seconds] of hourly.time.entries()) {
    rows.set(seconds * 1000, Object.fromEntries(QUANTITIES.map((name) => [name, hourly[name][i]])) as Row)
  }
  for (const name of QUANTITIES) {
    if (hourly[name].length === hourly.time.length) continue
    const problem = `has ${hourly[name].length} values for ${hourly.time.length} times`
    throw wrongAnswer('Open-Meteo', answer, `/hourly/${name}`, problem)
  }
  const starts = [...rows.keys()].sort((a, b) => a - b)
  return {
    *hours(from, to) {
      for (const start of starts) {
        if (start < from || start >= to) continue
        const said = saidHour(start, rows, station)
        if (said !== null) yield said
      }
    },
    next: (start) => {
      const [first, end] = [rows.get(start), rows.get(start + HOUR_MS)]
      if (first === undefined) return null
      return forecastOf(() => ({
        temp: numberOf(first, 'temperature_2m'),
        precip: end === undefined ? null : numberOf(end, 'precipitation'),
      }))
    },
  }
}

/** Null where upstream has nothing of the hour yet. */
function saidHour(start: number, rows: ReadonlyMap<number, Row>, station: Pick<Station, 'id' | 'place'>): SaidHour | null {
  const { precipitation: _, weather_code: __, ...instants } = rows.get(start) as Row
  const end = rows.get(start + HOUR_MS)
  const element = { ...instants, precipitation: end?.precipitation ?? null, weather_code: end?.weather_code ?? null }
  if (Object.values(element).every((value) => value === null || value === undefined)) return null
  return hourOf(start, station.id, { time: start / 1000, ...element }, () => readingOf(start, element, station))
}

function readingOf(start: number, row: Row, station: Pick<Station, 'id' | 'place'>): WeatherReading {
  const precipitation = numberOf(row, 'precipitation')
  return {
    timestamp: start,
    intervalMinutes: 60,
    location: station.place,
    revisedAt: null,
    ingestedAt: 0,
    dataOrigin: 'open-meteo',
    stationId: station.id,
    temperature: numberOf(row, 'temperature_2m'),
    humidity: numberOf(row, 'relative_humidity_2m'),
    pressure: numberOf(row, 'pressure_msl'),
    windSpeed: numberOf(row, 'wind_speed_10m'),
    windDirection: numberOf(row, 'wind_direction_10m'),
    precipitation,
    ...weatherOfCode(numberOf(row, 'weather_code'), precipitation),
    nextHourTemp: null,
    nextHourPrecip: null,
  }
}

function numberOf(row: Row, name: Quantity): number | null {
  return numberCell(row[name], name)
}

function checkUnits(units: Answer['hourly_units'], answer: UpstreamAnswer): void {
  for (const [name, unit] of Object.entries({ time: 'unixtime', ...UNITS })) {
    const given = units[name as Quantity | 'time']
    if (given === unit) continue
    throw wrongAnswer('Open-Meteo', answer, `/hourly_units/${name}`, `is ${shown(given)} where ${unit} was asked for`)
  }
}
