import { expect, test } from 'vitest'
import { viewsProblem } from '../../../src/cli/api/views-problem.ts'
import type { SqlClient, SqlResult } from '../../../src/sinks/postgres/sql-client.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'

const nothing: SqlResult = { fields: [], rows: [], rowCount: 0, command: 'SELECT' }

/** A Postgres that answers when it is told to. */
function slowPostgres() {
  const waiting: Array<() => void> = []
  let asked = 0
  const query = (): Promise<SqlResult> => {
    asked += 1
    return new Promise((resolve) => waiting.push(() => resolve(nothing)))
  }
  const sql = { query, describe: () => 'here' } as unknown as SqlClient
  return {
    sql,
    asked: () => asked,
    answer: () => {
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

test('who asks for the health does not wait for the statement of somebody else, nor asks twice', async () => {
  const { sql, asked, answer } = slowPostgres()
  const clock = manualClock()
  const problem = viewsProblem(sql, clock, null)
  const [first, second] = [problem(), problem()]
  clock.advance(2_000)
  expect(await first).toMatchObject({ code: 'WR_SQL_TIMEOUT', remedy: expect.any(String) })
  expect(await second).toMatchObject({ code: 'WR_SQL_TIMEOUT' })
  expect(asked()).toBe(1)
  const third = problem()
  answer()
  expect(await third).toBeNull()
  expect(asked()).toBe(1)
})

test('says so where other processes are to write the views and none has', async () => {
  const isMissing = { ...nothing, rows: [[true]] }
  const sql = { query: async () => isMissing, describe: () => 'here' } as unknown as SqlClient
  expect(await viewsProblem(sql, manualClock(), 'weather_daily')()).toMatchObject({ code: 'WR_VIEWS_UNWRITTEN' })
  expect(await viewsProblem(sql, manualClock(), null)()).toBeNull()
})
