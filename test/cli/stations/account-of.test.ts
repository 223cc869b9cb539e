import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { accountOf } from '../../../src/cli/stations/account-of.ts'
import { configuredStations } from '../../../src/cli/stations/configured-stations.ts'
import { openUpstream } from '../../../src/cli/stations/open-sources.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { upstreamKinds } from '../../../src/producers/upstreams.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryKv } from '../../../src/testing/memory-kv.ts'
import { keepingLogger } from '../../producers/quiet-logger.ts'
import { fakeServer } from '../../producers/upstreams/fake-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-account-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Both of RTE's APIs, each with the client given. */
function ofRte(id: string, id2: string, url = 'http://127.0.0.1:1') {
  const secrets = { RTE_CLIENT_SECRET: 'one-secret', RTE_CLIENT_SECRET_2: 'another-secret' }
  const config = loadConfig({ RTE_CLIENT_ID: id, RTE_CLIENT_ID_2: id2, RTE_URL: url, ...secrets }, folder)
  return configuredStations(config, upstreamKinds())
}

/** So many calls one after the other, of both in turns; ends early when the quota makes one wait. */
async function callsAtOnce(ids: readonly [string, string], calls: number): Promise<number> {
  const clock = manualClock()
  const server = await fakeServer(() => ({ body: {} }))
  const stop = new AbortController()
  const logger = { ...keepingLogger(), info: () => stop.abort() }
  const store = memoryKv()
  const upstreams = ofRte(...ids, server.url).map((station) => openUpstream(station, { store, clock, logger }))
  for (let call = 0; call < calls && !stop.signal.aborted; call++) {
    const asked = upstreams[call % 2]?.ask({ path: '/' }, stop.signal)
    await asked?.catch((error: unknown) => {
      if (!stop.signal.aborted) throw error
    })
  }
  await Promise.all(upstreams.map((upstream) => upstream.close()))
  await server.close()
  return server.requests.length
}

test('Two APIs that are asked with one application count their calls together; with two they do not', async () => {
  // 30 a minute are allowed.
  expect(await callsAtOnce(['both', 'both'], 40)).toBe(30)
  expect(await callsAtOnce(['one', 'other'], 40)).toBe(40)
})

test('An account keeps every limit that one of its sources has, and tells nothing of a secret', () => {
  const [consumption, generation] = ofRte('both', 'both')
  if (consumption === undefined || generation === undefined) throw new Error('there are two')
  expect(accountOf(consumption).id).toBe(accountOf(generation).id)
  expect(generation.quota).toEqual(consumption.quota)
  const [one, other] = ofRte('one', 'other')
  if (one === undefined || other === undefined) throw new Error('there are two')
  expect(accountOf(one).id).not.toBe(accountOf(other).id)
})
