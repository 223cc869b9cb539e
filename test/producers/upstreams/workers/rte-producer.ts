import { join } from 'node:path'
import { type Clock, systemClock } from '../../../../src/core/clock.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { openLmdbStore } from '../../../../src/kv/lmdb-store.ts'
import { openEmbeddedLog } from '../../../../src/log/embedded/embedded-log.ts'
import { httpUpstream } from '../../../../src/producers/http/http-upstream.ts'
import { produce } from '../../../../src/producers/produce.ts'
import { rteConsumption } from '../../../../src/producers/rte/rte-consumption.ts'
import type { Station } from '../../../../src/producers/stations/station.ts'
import { say } from '../../../support/child-side.ts'

/** Polls RTE's consumption at `url` once, at an instant, and publishes it in small commits to the embedded log of the directory. */
const [directory, url, now, id, secret] = process.argv.slice(2) as [string, string, string, string, string]
const clock: Clock = { ...systemClock, now: () => Number(now) }
const nothing = (): void => undefined
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const log = await openEmbeddedLog({ directory: join(directory, 'log') })
const kv = await openLmdbStore({ path: join(directory, 'state') })
const upstream = httpUpstream({ source: 'RTE', baseUrl: url, userAgent: 'test', clock, logger, quota: null })
const source = rteConsumption.open({
  station: rteConsumption.defaultStations?.[0] as Station,
  upstream,
  credentials: { kind: 'client', id, secret: new Secret(secret) },
  range: null,
  backfillMs: 31 * 86_400_000,
  revisionsMs: 3 * 86_400_000,
})
const progress = { begin: nothing, end: nothing, update: nothing }
const { published, revised } = await produce({ log, kv, source, partitions: 2, clock, logger, progress, maxBatchRecords: 5 })
say('done', { published, revised })
await upstream.close()
await kv.close()
await log.close()
