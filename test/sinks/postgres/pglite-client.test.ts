import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPgliteClient, type PgliteClient } from '../../../src/sinks/postgres/pglite-client.ts'
import { silentLogger } from '../silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../temp-directory.ts'

const directory = makeTempDirectory()
let client: PgliteClient

beforeAll(() => {
  client = openPgliteClient({ directory: `${directory}/postgres`, logger: silentLogger })
})

afterAll(async () => {
  await client.close()
  removeDirectory(directory)
})

describe('the embedded Postgres', () => {
  test('answers a query with typed cells', async () => {
    const result = await client.query(
      `SELECT 1, 2::int8, 9007199254740993::int8, 0.1::float8, 'NaN'::float8, true, NULL, 'é"''', date '2025-01-02',
              timestamptz '2025-01-01 01:00:00.5+01', 1.50::numeric, '{"a":1}'::json`,
    )
    expect(result.rows).toEqual([
      [1, 2, '9007199254740993', 0.1, Number.NaN, true, null, 'é"\'', '2025-01-02', '2025-01-01T00:00:00.5Z', '1.50', '{"a":1}'],
    ])
    expect(result.command).toBe('SELECT')
    expect(result.rowCount).toBe(1)
  })
})
