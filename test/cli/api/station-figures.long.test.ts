import { afterAll, expect, test } from 'vitest'
import { knownStations } from '../../../src/cli/api/station-figures.ts'
import { openSqlClient } from '../../../src/sinks/postgres/open-sql-client.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { dataQualityView } from '../../../src/views/quality.ts'
import { stationsView } from '../../../src/views/stations.ts'
import type { Cell, View } from '../../../src/views/view.ts'
import { upsertRows } from '../../sinks/postgres/postgres-rows.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../../sinks/temp-directory.ts'

const DAY_MS = 86_400_000
const dataDir = makeTempDirectory()
const client = openSqlClient({ postgresUrl: null, dataDir, logger: silentLogger })

afterAll(async () => {
  await client.close()
  removeDirectory(dataDir)
})

function rowOf(view: View, given: Readonly<Record<string, Cell>>): Cell[] {
  const nothing = { text: '', instant: 0, day: '2025-01-01', month: '2025-01', double: 0, count: 0, flag: false } as const
  return view.columns.map(({ column, nullable, type }) => given[column] ?? (nullable ? null : nothing[type]))
}

/** A day that began so many days before now. */
function day(station: string, daysAgo: number, score: number, values: Readonly<Record<string, Cell>> = {}): Cell[] {
  const start = Date.now() - daysAgo * DAY_MS
  const key = { kind: 'air', station_id: station, series: 'all', day: new Date(start).toISOString().slice(0, 10) }
  return rowOf(dataQualityView, { ...key, window_start: start, complete: true, score, completeness: score / 100, ...values })
}

// The database tells the time here, as it does when a station's rows are read.
test('tells the score of the last finished day of a station, the lowest of its series, once the view is there', async () => {
  const clock = manualClock()
  const known = knownStations(client, clock, silentLogger)
  await postgresSink({ client, schema: 'public', logger: silentLogger }).open([stationsView])
  await upsertRows(client, 'public', stationsView, [rowOf(stationsView, { kind: 'air', station_id: 'a', interval_minutes: 60 })])
  expect(await known()).toMatchObject({ kinds: [{ kind: 'air', stations: 1 }], quality: [] })

  await postgresSink({ client, schema: 'public', logger: silentLogger }).open([stationsView, dataQualityView])
  await upsertRows(client, 'public', dataQualityView, [
    day('a', 3, 10),
    day('a', 2, 90, { timeliness: 0.5 }),
    day('a', 1, 50, { complete: false }),
    day('b', 2, 99, { series: 'consumption' }),
    day('b', 3, 70, { series: 'production/SOLAR' }),
    day('b', 4, 20, { series: 'production/SOLAR' }),
    day('ended', 9, 5),
  ])
  await clock.advance(60_000)
  await known()
  await expect
    .poll(async () => (await known())?.quality)
    .toEqual([
      { kind: 'air', stationId: 'b', score: 70, completeness: 0.7, timeliness: null },
      { kind: 'air', stationId: 'a', score: 90, completeness: 0.9, timeliness: 0.5 },
    ])
})
