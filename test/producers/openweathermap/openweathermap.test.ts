import { describe, expect, test } from 'vitest'
import { openWeatherMapAnswer, openWeatherMapReading } from '../../../src/producers/openweathermap/answer.ts'
import { openWeatherMap } from '../../../src/producers/openweathermap/openweathermap.ts'
import { polled } from '../polled.ts'
import { answerOf, away, golden, PARIS, scriptedUpstream, sourceOptions } from '../upstreams/scripted-upstream.ts'

type Fields = Readonly<Record<string, unknown>>
const RAIN = golden(new URL('golden/rain.json', import.meta.url)) as Fields
const DRY = golden(new URL('golden/dry.json', import.meta.url)) as Fields
const reading = (json: unknown, station = PARIS, minutes = 10) =>
  openWeatherMapReading(openWeatherMapAnswer(answerOf(json)), station, minutes)
const open = (answer: () => unknown) => {
  const upstream = scriptedUpstream(answer)
  return { upstream, source: openWeatherMap.open(sourceOptions(upstream)) }
}

describe('an observation of OpenWeatherMap', () => {
  test('is the reading of the ten minutes that it falls in, with a sixth of the hour’s rain', () => {
    expect(reading(RAIN)).toEqual({
      ...{ timestamp: Date.UTC(2025, 8, 30, 12), intervalMinutes: 10, location: PARIS.place },
      ...{ revisedAt: Date.UTC(2025, 8, 30, 12), ingestedAt: 0, dataOrigin: 'openweathermap', stationId: 'station_Paris_FR' },
      ...{ temperature: 18.5, humidity: 65, pressure: 1013, windSpeed: 3.4, windDirection: 310, precipitation: 0.05 },
      ...{ weatherCondition: 'light rain', isRain: true, isStorm: false, nextHourTemp: null, nextHourPrecip: null },
    })
  })

  test.each([
    [1, 10],
    [87, 10],
    [600, 10],
    [601, 15],
    [1_200, 20],
    [2_592, 60],
    [3_600, 60],
    [86_400, 60],
  ])(
    'of a station that is polled every %d s stands for %d minutes and has their part of the hour’s rain',
    async (everySeconds, minutes) => {
      const observedAt = Date.UTC(2025, 8, 30, 12, 47)
      const upstream = scriptedUpstream(() => ({ ...RAIN, dt: observedAt / 1000 }))
      const { readings } = await polled(openWeatherMap.open({ ...sourceOptions(upstream), everySeconds }))
      const slotMs = minutes * 60_000
      expect(readings).toMatchObject([
        { timestamp: Math.floor(observedAt / slotMs) * slotMs, intervalMinutes: minutes, precipitation: (0.3 * minutes) / 60 },
      ])
    },
  )

  test('without rain is dry: absent is 0 mm, null is not known, zero is a value', () => {
    expect(reading(DRY)).toMatchObject({
      ...{ timestamp: Date.UTC(2025, 8, 30, 12, 10), revisedAt: Date.UTC(2025, 8, 30, 12, 12, 59) },
      ...{ temperature: 0, pressure: null, windSpeed: 0, windDirection: 0, precipitation: 0, isRain: false, isStorm: false },
    })
    expect(reading({ ...DRY, rain: null }).precipitation).toBe(null)
    expect(reading({ ...DRY, rain: {} }).precipitation).toBe(null)
    expect(reading({ ...DRY, rain: { '1h': null } }).precipitation).toBe(null)
    expect(reading({ ...DRY, rain: { '1h': 0 } }).precipitation).toBe(0)
    expect(reading({ ...DRY, rain: { '3h': 3.6 } }).precipitation).toBeCloseTo(0.2)
    expect(reading({ ...DRY, rain: { '1h': 0.6 }, snow: { '1h': 1.2 } }).precipitation).toBeCloseTo(0.3)
    expect(reading({ ...DRY, snow: { '1h': 0.6 } }).precipitation).toBeCloseTo(0.1)
    expect(reading({ ...DRY, wind: null, main: {} })).toMatchObject({ temperature: null, windSpeed: null, windDirection: null })
    expect(reading({ ...DRY, wind: undefined }).windSpeed).toBe(null)
  })

  test('of an hour, ten minutes apart, adds up to the rain of the hour', () => {
    const sums = Array.from({ length: 6 }, (_, i) => reading({ ...RAIN, dt: 1759233600 + i * 600, rain: { '1h': 1.5 } }))
    expect(new Set(sums.map(({ timestamp }) => timestamp)).size).toBe(6)
    expect(sums.reduce((sum, { precipitation }) => sum + (precipitation ?? 0), 0)).toBeCloseTo(1.5)
  })

  test('says by its codes whether it rains and storms, and in its words what the weather is', () => {
    const of = (...weather: Fields[]) => {
      const { weatherCondition, isRain, isStorm } = reading({ ...DRY, weather })
      return [weatherCondition, isRain, isStorm]
    }
    expect(of({ id: 211, main: 'Thunderstorm', description: 'thunderstorm' })).toEqual(['thunderstorm', false, true])
    expect(of({ id: 201, main: 'Thunderstorm' })).toEqual(['Thunderstorm', true, true])
    expect(of({ id: 301, main: 'Drizzle', description: 'drizzle' })).toEqual(['drizzle', true, false])
    expect(of({ id: 601, description: 'snow' })).toEqual(['snow', false, false])
    expect(of({ id: 616, description: 'rain and snow' })).toEqual(['rain and snow', true, false])
    expect(of({ id: 701, description: 'mist' }, { id: 501, description: 'rain' })).toEqual(['mist, rain', true, false])
    expect(of()).toEqual([null, null, null])
    expect(of({})).toEqual([null, null, null])
  })

  test('names the place where the configuration does not', () => {
    const nowhere = { city: null, country: null, latitude: null, longitude: null, timeZone: 'Europe/Paris' }
    expect(reading(RAIN, { ...PARIS, place: nowhere }).location).toEqual({
      ...{ city: 'Paris', country: 'FR', latitude: 48.85, longitude: 2.35, timeZone: 'Europe/Paris' },
    })
    expect(reading({ ...RAIN, name: 'Palais-Royal' }).location).toEqual(PARIS.place)
    const { name: _, sys: __, coord: ___, ...without } = RAIN
    expect(reading(without, { ...PARIS, place: nowhere }).location).toEqual(nowhere)
  })
})

describe('a poll of OpenWeatherMap', () => {
  test('asks for the weather of now, by coordinates or by the city’s number', async () => {
    const { upstream, source } = open(() => RAIN)
    const { readings, through } = await polled(source)
    expect(upstream.asked).toEqual([
      { base: '', path: '/data/2.5/weather', query: { lat: '48.8566', lon: '2.3522', units: 'metric', appid: 'geheim' } },
    ])
    expect([readings.length, through]).toEqual([1, []])
    const city = openWeatherMap.open(sourceOptions(upstream, { station: { ...PARIS, upstreamId: '2988507' } }))
    await polled(city)
    expect(upstream.asked[1]?.query).toEqual({ id: '2988507', units: 'metric', appid: 'geheim' })
  })

  test('has a bad input for an observation that is none, the same however often it is asked', async () => {
    let call = 0
    const { source } = open(() => ({ ...RAIN, main: { temp: 'warm' }, sys: { message: call++ } }))
    const [first, second] = [await polled(source), await polled(source)]
    expect(first.bad).toMatchObject([
      { station: PARIS.id, code: 'WR_READING_FIELD', message: 'main.temp: "warm" is not a number' },
    ])
    expect(second.bad[0]?.hash).toBe(first.bad[0]?.hash)
    expect(first.readings).toEqual([])
    const code = await polled(open(() => ({ ...RAIN, weather: [{ id: 7 }] })).source)
    expect(code.bad).toHaveLength(1)
  })

  test('fails where the answer is none, also where its status is 200', async () => {
    const { main: _, ...mainless } = RAIN
    const none = [{ cod: 401, message: 'Invalid API key' }, { cod: '429' }, { ...RAIN, cod: '404' }, mainless, {}, [], null, 'x']
    for (const answer of none) {
      expect((await polled(open(() => answer).source)).error).toMatchObject({ code: 'WR_UPSTREAM_ANSWER' })
    }
    expect((await polled(open(() => ({ ...RAIN, dt: '1759233600' })).source)).error).toMatchObject({ facts: { place: '/dt' } })
    expect((await polled(open(() => away).source)).error).toBe(away)
  })

  test('needs coordinates or the city’s number', () => {
    const station = { ...PARIS, place: { ...PARIS.place, longitude: null } }
    expect(() =>
      openWeatherMap.open(
        sourceOptions(
          scriptedUpstream(() => null),
          { station },
        ),
      ),
    ).toThrow(expect.objectContaining({ code: 'WR_STATION_COORDINATES' }))
  })
})
