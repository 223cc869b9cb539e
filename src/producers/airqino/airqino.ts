import { airReadings } from '../../events/air.ts'
import type { EventType } from '../../events/event-type.ts'
import type { Station } from '../stations/station.ts'
import type { UpstreamKind } from '../upstream-kind.ts'
import { AIRQINO_OPTIONS, airqinoSource } from './airqino-source.ts'

/** Of each station there is one answer with its whole history. */
const WHOLE_HISTORY_DAYS = 3650

/** Hourly means of AirQino's air-quality stations. */
export const airqino: UpstreamKind = {
  name: 'airqino',
  title: 'AirQino',
  events: [airReadings as EventType],
  baseUrl: 'https://airqino-api.magentalab.it',
  needs: 'none',
  quota: [],
  intervalSeconds: 900,
  backfillDays: WHOLE_HISTORY_DAYS,
  revisionDays: WHOLE_HISTORY_DAYS,
  staleAfterHours: 24,
  hasHistory: true,
  stationOptions: AIRQINO_OPTIONS,
  defaultStations: ['283181971', '283164601'].map(
    (number): Station => ({
      id: number,
      upstreamId: number,
      place: { city: null, country: null, latitude: null, longitude: null, timeZone: 'UTC' },
    }),
  ),
  open: airqinoSource,
}
