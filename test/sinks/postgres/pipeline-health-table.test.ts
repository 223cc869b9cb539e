import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PipelineHealthRow } from '../../../src/sinks/pipeline-health.ts'
import { openSqlClient } from '../../../src/sinks/postgres/open-sql-client.ts'
import { preparePipelineHealth, writePipelineHealth } from '../../../src/sinks/postgres/pipeline-health-table.ts'
import { silentLogger } from '../silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../temp-directory.ts'

const dataDir = makeTempDirectory()
const client = openSqlClient({ postgresUrl: null, dataDir, logger: silentLogger })

beforeAll(async () => {
  await preparePipelineHealth(client, 'public')
})
afterAll(async () => {
  await client.close()
  removeDirectory(dataDir)
})

const row: PipelineHealthRow = {
  part: 'partition',
  name: 'air.readings',
  partition: 2,
  state: 'running',
  lastEventAt: Date.UTC(2025, 0, 1),
  lastAppendAt: null,
  lag: 7,
  late: 1,
  duplicate: 2,
  deadLettered: 0,
  rowsPerSecond: null,
  retries: null,
  lastError: null,
  heartbeatAt: Date.UTC(2025, 0, 1, 12),
}

test('pipeline_health has one row a partition, sink and source, the latest one', async () => {
  await writePipelineHealth(client, 'public', [row, { ...row, part: 'source', name: 'simulator', partition: -1 }])
  await preparePipelineHealth(client, 'public')
  const sink = { part: 'sink', name: 'cassandra/air_hourly', rowsPerSecond: 12.5, retries: 3, lastError: "WR_X: can't" } as const
  await writePipelineHealth(client, 'public', [
    { ...row, lag: 0 },
    { ...row, ...sink },
  ])
  const { rows } = await client.query(
    'SELECT part, name, partition, lag, late, last_event, last_append FROM pipeline_health ORDER BY part',
  )
  expect(rows).toEqual([
    ['partition', 'air.readings', 2, 0, 1, '2025-01-01T00:00:00Z', null],
    ['sink', 'cassandra/air_hourly', 2, 7, 1, '2025-01-01T00:00:00Z', null],
    ['source', 'simulator', -1, 7, 1, '2025-01-01T00:00:00Z', null],
  ])
})

test('a table of an earlier version is given what is new', async () => {
  await client.query('ALTER TABLE pipeline_health DROP COLUMN retries, DROP COLUMN last_error')
  await preparePipelineHealth(client, 'public')
  await writePipelineHealth(client, 'public', [{ ...row, part: 'sink', name: 'postgres/energies', retries: 4 }])
  const { rows } = await client.query("SELECT retries, last_error FROM pipeline_health WHERE name = 'postgres/energies'")
  expect(rows).toEqual([[4, null]])
})
