import { MINUTE_MS } from '../../core/calendar.ts'
import type { Place, WeatherReading } from '../../events/reading.ts'
import { BadReading } from '../bad-reading.ts'
import { numberCell, shown, textCell } from '../file/cells.ts'
import { answerShape, wrongAnswer } from '../http/answer-shape.ts'
import type { UpstreamAnswer } from '../http/upstream.ts'
import type { Station } from '../stations/station.ts'

/** How long a reading may stand for, in minutes. Observations come about every ten, and tell of the past hour. */
const SLOTS = [10, 15, 20, 30, 60] as const

/** The length of readings of a station that is polled so often: no poll is to leave a slot empty, and what hours have of rain is to add up. */
export function slotMinutes(everySeconds: number): number {
  return SLOTS.find((minutes) => minutes * 60 >= everySeconds) ?? 60
}

type Fields = Readonly<Record<string, unknown>>

export interface OpenWeatherMapAnswer {
  /** Seconds since the epoch: when it was observed. */
  readonly dt: number
  readonly main: Fields
  readonly weather: readonly Fields[]
  readonly wind?: Fields | null
  readonly rain?: Fields | null
  readonly snow?: Fields | null
  readonly coord?: Fields | null
  readonly sys?: Fields | null
  readonly name?: unknown
}

const fields = { type: ['object', 'null'] }

const readFrame = answerShape<OpenWeatherMapAnswer>('OpenWeatherMap', {
  type: 'object',
  required: ['dt', 'main', 'weather'],
  properties: {
    dt: { type: 'integer' },
    main: { type: 'object' },
    weather: { type: 'array', items: { type: 'object' } },
    wind: fields,
    rain: fields,
    snow: fields,
    coord: fields,
    sys: fields,
  },
})

/** Throws WR_UPSTREAM_ANSWER for anything but the answer of `/data/2.5/weather`, among it one that says itself that it is none (`cod`). */
export function openWeatherMapAnswer(answer: UpstreamAnswer): OpenWeatherMapAnswer {
  const json = answer.json()
  if (typeof json === 'object' && json !== null && 'cod' in json && Number(json.cod) !== 200) {
    const message = 'message' in json ? `, with the message ${shown(json.message)}` : ''
    throw wrongAnswer('OpenWeatherMap', answer, '/cod', `is ${shown(json.cod)}${message}`)
  }
  return readFrame(answer)
}

/**
 * The observation as the reading of the slot of so many minutes that it falls in. `rain.1h` and `snow.1h` are of the hour until then, of which
 * this reading has its part; an answer without them says that there was none. Of several observations in one slot the latest holds: `revisedAt` is
 * when it was observed. Throws BadReading.
 */
export function openWeatherMapReading(
  answer: OpenWeatherMapAnswer,
  station: Pick<Station, 'id' | 'place'>,
  minutes: number,
): WeatherReading {
  const slotMs = minutes * MINUTE_MS
  const { dt, main, wind } = answer
  const observedAt = dt * 1000
  const rain = hourly(answer.rain, 'rain')
  const snow = hourly(answer.snow, 'snow')
  return {
    timestamp: Math.floor(observedAt / slotMs) * slotMs,
    intervalMinutes: minutes,
    location: placeOf(answer, station.place),
    revisedAt: observedAt,
    ingestedAt: 0,
    dataOrigin: 'openweathermap',
    stationId: station.id,
    temperature: numberCell(main.temp, 'main.temp'),
    humidity: numberCell(main.humidity, 'main.humidity'),
    pressure: numberCell(main.pressure, 'main.pressure'),
    windSpeed: numberCell(wind?.speed, 'wind.speed'),
    windDirection: numberCell(wind?.deg, 'wind.deg'),
    precipitation: rain === null || snow === null ? null : ((rain + snow) * minutes) / 60,
    ...weatherOf(answer.weather),
    nextHourTemp: null,
    nextHourPrecip: null,
  }
}

/** What a reading is made of: the rest of an answer may differ from call to call, although nothing else was observed. */
export function observed({ dt, main, weather, wind, rain, snow, coord, sys, name }: OpenWeatherMapAnswer): unknown {
  return { dt, main, weather, wind, rain, snow, coord, country: sys?.country, name }
}

/** mm an hour. Absent: none fell. There, but without an amount: nobody knows. */
function hourly(amounts: Fields | null | undefined, name: string): number | null {
  if (amounts === undefined) return 0
  if (amounts === null) return null
  const ofHour = numberCell(amounts['1h'], `${name}.1h`)
  if (ofHour !== null) return ofHour
  // Some answers have the sum of three hours instead.
  const ofThree = numberCell(amounts['3h'], `${name}.3h`)
  return ofThree === null ? null : ofThree / 3
}

/** What the configuration says of the place goes before what upstream calls it: that depends on its map, which changes. */
function placeOf({ coord, sys, name }: OpenWeatherMapAnswer, place: Place): Place {
  return {
    city: place.city ?? textCell(name, 'name'),
    country: place.country ?? textCell(sys?.country, 'sys.country'),
    latitude: place.latitude ?? numberCell(coord?.lat, 'coord.lat'),
    longitude: place.longitude ?? numberCell(coord?.lon, 'coord.lon'),
    timeZone: place.timeZone,
  }
}

/** Thunderstorms with rain or drizzle, and rain together with snow; beside the groups 3xx (drizzle) and 5xx (rain). */
const RAIN_AMONG_OTHERS = new Set([200, 201, 202, 230, 231, 232, 615, 616])

function weatherOf(weather: readonly Fields[]): Pick<WeatherReading, 'weatherCondition' | 'isRain' | 'isStorm'> {
  const words: string[] = []
  const codes: number[] = []
  for (const { id, main, description } of weather) {
    const text = textCell(description, 'weather.description') ?? textCell(main, 'weather.main')
    if (text !== null) words.push(text)
    const code = numberCell(id, 'weather.id')
    if (code !== null && !(Number.isInteger(code) && code >= 200 && code <= 899)) {
      throw new BadReading('WR_READING_FIELD', `weather.id: ${code} is no weather code (200 to 899)`)
    }
    if (code !== null) codes.push(code)
  }
  const group = (code: number): number => Math.floor(code / 100)
  const any = (is: (code: number) => boolean): boolean | null => (codes.length === 0 ? null : codes.some(is))
  return {
    weatherCondition: words.length === 0 ? null : words.join(', '),
    isRain: any((code) => group(code) === 3 || group(code) === 5 || RAIN_AMONG_OTHERS.has(code)),
    isStorm: any((code) => group(code) === 2),
  }
}
