import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqlClient } from '../../src/sinks/postgres/open-sql-client.ts'
import { postgresSink } from '../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../src/sinks/postgres/sql-client.ts'
import { dataQualityView } from '../../src/views/quality.ts'
import type { Cell } from '../../src/views/view.ts'
import { upsertRows } from '../sinks/postgres/postgres-rows.ts'
import { silentLogger } from '../sinks/silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../sinks/temp-directory.ts'
import { type Scope, sqlOf } from './interpolate.ts'
import { type StoredDashboard, shownPanels, storedDashboards } from './stored-dashboards.ts'

// What its panels ask, of a real Postgres.

const dataDir = makeTempDirectory()
const [, dashboard] = storedDashboards().find(([, { uid }]) => uid === 'windrow-quality') as [string, StoredDashboard, string]
const panels = shownPanels(dashboard).map(({ title, targets }) => [title, targets?.[0]?.rawSql as string] as const)
let client: SqlClient

beforeAll(async () => {
  client = openSqlClient({ postgresUrl: null, dataDir, logger: silentLogger })
  await postgresSink({ client, schema: 'public', logger: silentLogger }).open([dataQualityView])
})

afterAll(async () => {
  await client.close()
  removeDirectory(dataDir)
})

function asked(rawSql: string, kinds: readonly string[], stations: readonly string[]): string {
  const scope: Scope = {
    from: new Date('2025-06-01T16:00:00Z'),
    to: new Date('2025-06-08T16:00:00Z'),
    variables: { kind: { values: kinds }, station: { values: stations } },
    minIntervalMs: 1000,
    maxDataPoints: 100,
  }
  return sqlOf(rawSql, scope)
}

const row = (given: Readonly<Record<string, Cell>>): Cell[] =>
  dataQualityView.columns.map(({ column, nullable, type }) => given[column] ?? (nullable ? null : type === 'text' ? 'all' : 0))

test('where there is nothing yet, and nothing to choose, every panel is empty', async () => {
  for (const [title, rawSql] of panels) {
    const { rows } = await client.query(asked(rawSql, [], []))
    expect(
      rows.flat().filter((cell) => cell !== null && Number(cell) !== 0),
      title,
    ).toEqual([])
  }
})

test('stations of two kinds with one name, and the series of a zone, are lines of their own', async () => {
  const day = { station_id: "l'été", day: '2025-06-02', window_start: Date.parse('2025-06-02T00:00:00Z'), complete: true }
  const known = { completeness: 1, timeliness: 1, score: 90 }
  await upsertRows(client, 'public', dataQualityView, [
    row({ ...day, ...known, kind: 'weather' }),
    row({ ...day, ...known, kind: 'air' }),
    row({ ...day, ...known, kind: 'energy', series: 'consumption' }),
    row({ ...day, ...known, kind: 'energy', series: 'production/SOLAR' }),
  ])
  const byDay = panels.filter(([title]) => title.endsWith('by day'))
  expect(byDay.length).toBeGreaterThan(3)
  for (const [title, rawSql] of byDay) {
    const { rows } = await client.query(asked(rawSql, ['weather', 'air', 'energy'], ["l'été"]))
    expect(rows.map((cells) => cells[1]).sort(), title).toEqual([
      "air l'été",
      "energy l'été consumption",
      "energy l'été production/SOLAR",
      "weather l'été",
    ])
  }
})
