import { expect, test } from 'vitest'
import { sinkHealth } from '../../../src/cli/sinks/sink-health.ts'
import type { SinkStatus } from '../../../src/sinks/sink-status.ts'

const status: SinkStatus = {
  sink: 'cassandra',
  view: 'air_hourly',
  topic: 'views.air_hourly.g1',
  partition: 0,
  state: 'running',
  nextOffset: 10,
  endOffset: 12,
  lag: 2,
  rowsWritten: 10,
  rowsPerSecond: 1.5,
  retries: 0,
  deadLettered: 0,
  mended: 0,
  ofView: { rowsWritten: 40, retries: 5, deadLettered: 1 },
  lastWriteAt: 1_000,
  problem: null,
  lastError: null,
}

test('the partitions of a view in a store are one line: figures together, the worst state, the newest error, counters that never fall', () => {
  const problem = { code: 'WR_CASSANDRA_AWAY', message: 'away', remedy: 'wait', since: 5 }
  const error = (at: number) => ({ code: 'WR_CASSANDRA_AWAY', message: `away at ${at}`, at })
  const lines = sinkHealth([
    { ...status, lastError: error(7) },
    { ...status, partition: 1, state: 'waiting', retries: 3, lastWriteAt: 2_000, problem, lastError: error(9) },
    { ...status, partition: 2, state: 'catching_up', lastWriteAt: null, lastError: error(8) },
    { ...status, sink: 'postgres', ofView: { ...status.ofView, deadLettered: 4 } },
  ])
  expect(lines).toEqual([
    {
      sink: 'cassandra',
      view: 'air_hourly',
      isOwn: true,
      state: 'waiting',
      lag: 6,
      rowsWritten: 40,
      rowsPerSecond: 4.5,
      retries: 5,
      deadLettered: 1,
      lastWriteAt: 2_000,
      problem,
      lastError: error(9),
    },
    expect.objectContaining({ sink: 'postgres', state: 'running', lag: 2, deadLettered: 4, lastError: null }),
  ])
})
