import { describe, expect, test } from 'vitest'
import type { ReplayRequest } from '../../src/api/ports.ts'
import { WindrowError } from '../../src/core/errors.ts'
import { serverOfFile, startServer } from './start-server.ts'

const shared = serverOfFile()
const token = 's3cret'

/** POST /api/replays on a server of its own. */
async function post(payload: object, startReplay: ((request: ReplayRequest) => Promise<never>) | null = null, bearer = token) {
  const { app, ports } = startServer({ token }, startReplay === null ? {} : { startReplay })
  ports.replayRequests.length = 0
  const headers = { authorization: `Bearer ${bearer}` }
  const response = await app.inject({ method: 'POST', url: '/api/replays', headers, payload })
  return { status: response.statusCode, body: response.json(), requests: [...ports.replayRequests] }
}

describe('replays', () => {
  test('are listed, the last of each view, with instants in ISO 8601', async () => {
    const { status, body } = await shared().get('/api/replays')
    expect(status).toBe(200)
    expect(body.replays).toHaveLength(4)
    expect(body.replays![2]).toEqual({
      id: 'b1',
      view: 'weather_daily',
      state: 'building',
      stale: false,
      generation: 2,
      from: null,
      rollback: false,
      read: 505_680,
      to_read: 1_204_000,
      started_at: '2026-04-01T09:19:58Z',
      updated_at: '2026-04-01T09:20:00Z',
      host: 'fog',
      pid: 4711,
      error: null,
      error_code: null,
      remedy: null,
    })
    expect(body.replays![3]).toMatchObject({ state: 'handover', stale: true })
  })

  test('begin with the token alone', async () => {
    expect(await post({ views: [] }, null, 'other')).toMatchObject({
      status: 401,
      body: { code: 'WR_API_TOKEN_WRONG' },
      requests: [],
    })
    const { app } = shared()
    const refused = await app.inject({ method: 'POST', url: '/api/replays', payload: { views: [] } })
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'WR_API_TOKEN_UNSET'])
  })

  test('begin for the views that are named, and the answer says what is built', async () => {
    expect(await post({ views: ['weather_daily'], rollback: true })).toEqual({
      status: 202,
      body: { id: 'e1', resumed: false, views: [{ view: 'weather_daily', generation: 2 }] },
      requests: [{ views: ['weather_daily'], rollback: true, from: null }],
    })
  })

  test('begin for all views where none is named, in so many words', async () => {
    const { status, requests } = await post({ views: [] })
    expect([status, requests]).toEqual([202, [{ views: [], rollback: false, from: null }]])
    expect((await post({})).status).toBe(400)
    expect(await post({ views: [], verify: true })).toMatchObject({
      status: 400,
      body: { message: 'There is no parameter "verify" here.' },
      requests: [],
    })
  })

  test('begin at an instant where one is given', async () => {
    const from = async (text: string) => (await post({ views: ['weather_daily'], from: text })).requests[0]?.from
    expect(await from('2025-03')).toBe(Date.parse('2025-03-01T00:00:00Z'))
    expect(await from('2025-03-30')).toBe(Date.parse('2025-03-30T00:00:00Z'))
    expect(await from('2025-03-30T01:00:00+02:00')).toBe(Date.parse('2025-03-29T23:00:00Z'))
    expect(await post({ views: [], from: 'yesterday' })).toMatchObject({
      status: 400,
      body: { code: 'WR_API_PARAMETER' },
      requests: [],
    })
    expect(await post({ views: [], from: '2025-03', rollback: true })).toMatchObject({
      status: 400,
      body: { code: 'WR_API_PARAMETER' },
      requests: [],
    })
  })

  test.each([
    ['WR_REPLAY_RUNNING', 409],
    ['WR_VIEW_UNKNOWN', 404],
    ['WR_ROLLBACK_NONE', 400],
    ['WR_ROLLBACK_LOGIC', 400],
  ] as const)('%s is answered with %i', async (code, status) => {
    const error = new WindrowError(code, { message: 'It cannot begin.', remedy: 'Wait.', kind: 'usage' })
    expect(await post({ views: [] }, () => Promise.reject(error))).toMatchObject({
      status,
      body: { code, message: 'It cannot begin.', remedy: 'Wait.' },
    })
  })
})
