import { accepted, notNull, sameCount, unique } from './checks.ts'
import type { SqlView } from './sql-view.ts'
import { stationKey } from './star-keys.ts'

const NAME = 'dim_station'

export const dimStation: SqlView = {
  name: NAME,
  doc: 'Dimension of the star schema: a row a station or zone of a kind, as its newest reading describes it.',
  needs: ['stations'],
  columns: [
    { column: 'station_key', unit: null, doc: 'Kind and identity, weather:paris: the key of facts.' },
    { column: 'kind', unit: null, doc: 'What it measures: weather, energy or air.' },
    { column: 'station_id', unit: null, doc: 'Identity of the station or zone.' },
    { column: 'name', unit: null, doc: 'City, or the identity where no city is known.' },
    { column: 'city', unit: null, doc: 'City.' },
    { column: 'country', unit: null, doc: 'Country.' },
    { column: 'latitude', unit: 'deg', doc: 'Degrees north, WGS 84.' },
    { column: 'longitude', unit: 'deg', doc: 'Degrees east, WGS 84.' },
    { column: 'time_zone', unit: null, doc: 'IANA time zone of its days and hours.' },
    { column: 'interval_minutes', unit: 'min', doc: 'Cadence of its newest reading.' },
    { column: 'first_reading', unit: null, doc: 'Start of its first reading.' },
    { column: 'last_reading', unit: null, doc: 'Start of its last reading.' },
  ],
  checks: [
    unique(NAME, 'station_key'),
    notNull(NAME, 'station_key', 'kind', 'station_id', 'name', 'time_zone', 'interval_minutes', 'first_reading', 'last_reading'),
    accepted(NAME, 'kind is weather, energy or air', `kind IN ('weather', 'energy', 'air')`),
    accepted(NAME, 'a place on earth', 'latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180'),
    accepted(NAME, 'a cadence above 0', 'interval_minutes > 0'),
    accepted(NAME, 'the first reading is not after the last', 'first_reading <= last_reading'),
    sameCount(NAME, 'stations'),
  ],
  query: (
    table,
  ) => `SELECT ${stationKey('s')} AS station_key, s.kind, s.station_id, coalesce(s.city, s.station_id) AS name, s.city,
      s.country, s.latitude, s.longitude, s.time_zone, s.interval_minutes, s.first_reading, s.last_reading
    FROM ${table('stations')} AS s`,
}
