import { DAY_MS, MINUTE_MS } from '../../core/calendar.ts'
import { weatherReadings } from '../../events/weather.ts'
import { BadReading } from '../bad-reading.ts'
import { keyOf } from '../http/key-of.ts'
import { jsonBytes } from '../json-bytes.ts'
import { badInput, type Source, type SourceContext, type SourceItem } from '../source.ts'
import { coordinatesOf } from '../stations/coordinates.ts'
import type { UpstreamKind, UpstreamSourceOptions } from '../upstream-kind.ts'
import { observed, openWeatherMapAnswer, openWeatherMapReading, slotMinutes } from './answer.ts'

const NAME = 'openweathermap'

/** OpenWeatherMap: the weather of now at any place, about every ten minutes. What was is gone. */
export const openWeatherMap: UpstreamKind = {
  name: NAME,
  title: 'OpenWeatherMap',
  events: [weatherReadings],
  baseUrl: 'https://api.openweathermap.org',
  needs: 'key',
  quota: [
    { calls: 60, perMs: MINUTE_MS },
    { calls: 1000, perMs: DAY_MS },
  ],
  intervalSeconds: 60,
  backfillDays: 0,
  revisionDays: 0,
  staleAfterHours: 2,
  hasHistory: false,
  hint: (status) =>
    status === 401
      ? 'Check the key (METEO_API_KEY). A new one becomes active only some time after it was made, up to two hours: then wait.'
      : null,
  open: openWeatherMapSource,
}

function openWeatherMapSource({ station, upstream, credentials, everySeconds }: UpstreamSourceOptions): Source {
  const appid = keyOf(credentials, NAME)
  const minutes = slotMinutes(everySeconds ?? 0)
  const place = station.upstreamId === null ? latAndLon(station) : { id: station.upstreamId }
  return {
    name: NAME,
    station: station.id,
    events: [weatherReadings],
    async *poll({ signal, progress }: SourceContext): AsyncGenerator<SourceItem> {
      const query = { ...place, units: 'metric', appid }
      const answer = await upstream.ask({ path: '/data/2.5/weather', query }, signal)
      const observation = openWeatherMapAnswer(answer)
      try {
        const reading = { ...openWeatherMapReading(observation, station, minutes) }
        yield { kind: 'reading', event: weatherReadings, reading, line: null, bytes: () => jsonBytes(observed(observation)) }
      } catch (error) {
        if (!(error instanceof BadReading)) throw error
        yield badInput(station.id, null, jsonBytes(observed(observation)), error)
      }
      progress(1, 1)
    },
  }
}

function latAndLon(station: UpstreamSourceOptions['station']): { readonly lat: number; readonly lon: number } {
  const { latitude: lat, longitude: lon } = coordinatesOf(station, 'OpenWeatherMap')
  return { lat, lon }
}
