import { expect, test } from 'vitest'
import { sourceMonitor } from '../../src/cli/source-monitor.ts'
import { WindrowError } from '../../src/core/errors.ts'
import { noCounts } from '../../src/producers/publish-counts.ts'
import type { Source } from '../../src/producers/source.ts'

const source = { name: 'file', station: 'roof', events: [] } as unknown as Source
const counts = { ...noCounts(), published: 3, revised: 1 }

test('a source is starting until it has answered, waiting while it fails, and says why and since when', () => {
  const monitor = sourceMonitor((text) => text.replaceAll('s3cret', '***'))
  monitor.started(source, { intervalSeconds: 60, staleAfterMs: null })
  expect(monitor.statuses()).toMatchObject([
    { source: 'file roof', name: 'file', station: 'roof', stations: 1, state: 'starting', intervalSeconds: 60, published: 0 },
  ])
  monitor.heartbeat({ source: 'file', station: 'roof', at: 1, error: null, counts, newestAt: 500 })
  const error = { code: 'WR_FILE_NOT_FOUND', message: 'roof.csv?key=s3cret is not there', remedy: 'Put it there.' }
  monitor.heartbeat({ source: 'file', station: 'roof', at: 2, error, counts: noCounts(), newestAt: null })
  monitor.heartbeat({ source: 'file', station: 'roof', at: 3, error, counts: noCounts(), newestAt: null })
  expect(monitor.statuses()).toMatchObject([
    {
      state: 'waiting',
      lastTryAt: 3,
      lastEventAt: 500,
      lastSuccessAt: 1,
      published: 4,
      problem: { code: 'WR_FILE_NOT_FOUND', message: 'roof.csv?key=*** is not there', remedy: 'Put it there.', since: 2 },
    },
  ])
  monitor.heartbeat({ source: 'file', station: 'roof', at: 4, error: null, counts, newestAt: 500 })
  expect(monitor.statuses()).toMatchObject([{ state: 'running', lastSuccessAt: 4, published: 8, problem: null }])
})

test('a source that ended for good says why', () => {
  const monitor = sourceMonitor((text) => text)
  monitor.started(source, { intervalSeconds: null, staleAfterMs: null })
  monitor.failed(source, new WindrowError('WR_WRITER_HELD', { message: 'another one publishes', remedy: 'stop it' }), 9)
  expect(monitor.statuses()).toMatchObject([
    { state: 'stopped', problem: { code: 'WR_WRITER_HELD', remedy: 'stop it', since: 9 } },
  ])
})
