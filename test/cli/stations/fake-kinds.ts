import { sourceNames } from '../../../src/config/source-settings.ts'
import { airReadings } from '../../../src/events/air.ts'
import { energyReadings } from '../../../src/events/energy.ts'
import type { EventType } from '../../../src/events/event-type.ts'
import { weatherReadings } from '../../../src/events/weather.ts'
import { AIRQINO_OPTIONS } from '../../../src/producers/airqino/airqino-source.ts'
import type { Source } from '../../../src/producers/source.ts'
import type { Station } from '../../../src/producers/stations/station.ts'
import type { Credentials, UpstreamKind, UpstreamSourceOptions } from '../../../src/producers/upstream-kind.ts'

const noPlace = { city: null, country: null, latitude: null, longitude: null }
const airStation = (id: string): Station => ({ id, upstreamId: id, place: { ...noPlace, timeZone: 'UTC' } })
const france: Station = { id: 'FR', upstreamId: null, place: { ...noPlace, country: 'FR', timeZone: 'Europe/Paris' } }

function kind(name: string, open: (options: UpstreamSourceOptions) => Source): UpstreamKind {
  const isRte = name.startsWith('rte-')
  const needs: Credentials['kind'] = isRte ? 'client' : name === 'open-meteo' || name === 'airqino' ? 'none' : 'key'
  const event = isRte ? energyReadings : name === 'airqino' ? airReadings : weatherReadings
  const own = isRte ? [france] : name === 'airqino' ? ['283181971', '283164601'].map(airStation) : []
  return {
    name,
    title: name.toUpperCase(),
    events: [event as EventType],
    baseUrl: `https://${name}.test`,
    needs,
    quota:
      name === 'openweathermap'
        ? [
            { calls: 60, perMs: 60_000 },
            { calls: 1000, perMs: 86_400_000 },
          ]
        : [],
    intervalSeconds: 60,
    backfillDays: 7,
    revisionDays: 2,
    staleAfterHours: name === 'openweathermap' ? 2 : 24,
    hasHistory: name !== 'openweathermap',
    ...(name === 'airqino' ? { stationOptions: AIRQINO_OPTIONS } : {}),
    ...(own.length === 0 ? {} : { defaultStations: own }),
    open,
  }
}

/** The six kinds as the configuration sees them; `open` makes the sources. */
export function kindsThatOpen(open: (options: UpstreamSourceOptions) => Source): readonly UpstreamKind[] {
  return sourceNames.map((name) => kind(name, open))
}

export const fakeKinds = kindsThatOpen(() => {
  throw new Error('no source is opened here')
})
