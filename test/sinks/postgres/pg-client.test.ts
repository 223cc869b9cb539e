import { expect, test } from 'vitest'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import { silentLogger } from '../silent-logger.ts'

test('a server that nobody runs is away, and no error shows the password', async () => {
  const client = openPgClient({ url: 'postgres://u:hunter2@127.0.0.1:1/db', logger: silentLogger })
  const error = await client.query('SELECT 1').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'WR_SQL_AWAY', canRetry: true })
  expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
  await client.close()
})
