import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine } from '../../src/cli/engine.ts'
import { startPageServer } from '../../src/cli/page-server.ts'
import { backgroundReplays } from '../../src/cli/replay/background-replays.ts'
import { listReplays } from '../../src/cli/replay/list-replays.ts'
import { type Session, withConfig } from '../../src/cli/session.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { systemClock } from '../../src/core/clock.ts'
import { currentViews } from '../../src/runtime/live-views.ts'
import type { SqlClient } from '../../src/sinks/postgres/sql-client.ts'
import { VIEWS_REPLAYS_TOPIC } from '../../src/views/views-replays.ts'
import { currentRows } from '../runtime/replay/replay-world.ts'
import { runCommand } from './run-command.ts'

const token = 'a-token-of-sixteen-and-more'
const environment = { WINDROW_LOG_LEVEL: 'error', WINDROW_API_TOKEN: token, WINDROW_PORT: '0' }
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const never = new AbortController().signal
const sql = { query: () => Promise.reject(new Error('nobody asks')), describe: () => 'here' } as unknown as SqlClient

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-replays-'))
  const range = ['--from', '2025-03-01', '--to', '2025-03-03', '--station', 'sim-paris,sim-lyon']
  expect((await runCommand(folder, ['produce', '--source', 'simulator', ...range], environment)).code).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const inSession = <T>(use: (session: Session) => Promise<T>): Promise<T> => withConfig(loadConfig(environment, folder), use)

const poster =
  (url: string) =>
  async (payload: object): Promise<{ readonly status: number; readonly body: unknown }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/replays`, { method: 'POST', headers, body: JSON.stringify(payload) })
    return { status: answer.status, body: await answer.json() }
  }

async function replaysAt(url: string): Promise<ReadonlyArray<{ readonly view: string; readonly state: string }>> {
  const answer = await fetch(`${url}/api/replays`)
  return ((await answer.json()) as { readonly replays: ReadonlyArray<{ view: string; state: string }> }).replays
}

test('a replay that is asked for by HTTP builds the same rows beside the topologies at work, and becomes current', async () => {
  await inSession(async (session) => {
    const runner = await startEngine(session, logger, never)
    await runner.untilEnd(never)
    const before = await currentRows(session.log, 'weather_daily')
    expect(before.size).toBeGreaterThan(3)
    const server = await startPageServer({
      role: 'start',
      session,
      logger,
      sql,
      runner,
      sinks: async () => [],
      sources: () => [],
    })
    const post = poster(server.url)

    expect(await replaysAt(server.url)).toEqual([])
    expect(await post({ views: ['weather_daily', 'stations', 'weather_daily'] })).toMatchObject({
      status: 202,
      body: {
        resumed: false,
        views: [
          { view: 'weather_daily', generation: 2 },
          { view: 'stations', generation: 2 },
        ],
      },
    })
    const states = async () => (await replaysAt(server.url)).map(({ view, state }) => `${view} ${state}`)
    await expect.poll(states, { timeout: 30_000 }).toEqual(['stations done', 'weather_daily done'])
    expect((await currentViews(session.log)).get('weather_daily')?.generation).toBe(2)
    expect(await currentRows(session.log, 'weather_daily')).toEqual(before)
    await server.close()
    await runner.stop()
  })
})

test('a replay does not begin while another is at work, nor of a view that there is not', async () => {
  await inSession(async (session) => {
    const server = await startPageServer({
      role: 'serve',
      session,
      logger,
      sql,
      runner: null,
      sinks: async () => [],
      sources: () => [],
    })
    const post = poster(server.url)
    const other = await session.log.exclusiveWriter(VIEWS_REPLAYS_TOPIC)
    expect(await post({ views: [] })).toMatchObject({ status: 409, body: { code: 'WR_REPLAY_RUNNING' } })
    expect(await post({ views: ['weather_dayly'] })).toMatchObject({ status: 404, body: { code: 'WR_VIEW_UNKNOWN' } })
    await other.close()
    expect(await post({ views: ['air_hourly'], rollback: true })).toMatchObject({
      status: 400,
      body: { code: 'WR_ROLLBACK_NONE' },
    })
    await server.close()
  })
})

test('a replay that ends with its process is gone on with', async () => {
  await inSession(async (session) => {
    const request = { views: ['weather_hourly'], rollback: false, from: null }
    const first = backgroundReplays(session, logger)
    const { id } = await first.start(request)
    await first.end()
    expect(await listReplays(session.log, systemClock)).toContainEqual(
      expect.objectContaining({ view: 'weather_hourly', state: 'building', error: null }),
    )
    const second = backgroundReplays(session, logger)
    expect(await second.start(request)).toMatchObject({ id, resumed: true })
    const state = async () => (await listReplays(session.log, systemClock)).find(({ view }) => view === 'weather_hourly')?.state
    await expect.poll(state, { timeout: 30_000 }).toBe('done')
    await second.end()
    await expect(second.start(request)).rejects.toThrow()
  })
})
