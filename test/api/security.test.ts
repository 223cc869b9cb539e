import { afterAll, describe, expect, test } from 'vitest'
import { isLoopback } from '../../src/api/security.ts'
import { openServer, serverOfFile, startServer, type TestServer } from './start-server.ts'

const shared = serverOfFile()

describe('headers of every answer', () => {
  test.each(['/', '/main.js', '/api/views', '/no/such/page', '/metrics'])(
    '%s may load nothing from elsewhere and tells no one where one came from',
    async (url) => {
      const { headers } = await shared().app.inject(url)
      expect(headers['content-security-policy']).toContain("default-src 'self'")
      expect(headers['content-security-policy']).not.toMatch(/https?:|\*|unsafe/)
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    },
  )

  test('answers of the API are not kept, files of the page are asked for anew', async () => {
    expect((await shared().app.inject('/api/stations')).headers['cache-control']).toBe('no-store')
    expect((await shared().app.inject('/main.js')).headers).toMatchObject({
      'cache-control': 'no-cache',
      etag: expect.any(String),
    })
  })
})

test.each(['/api/views/weather_hourly?station=%00', '/api/views/a%00b', '/%00'])(
  '%s is refused: no text holds a zero byte',
  async (url) => {
    const response = await shared().app.inject(url)
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({ code: 'WR_API_PARAMETER' })
  },
)

describe('the Host header', () => {
  const ask = async (bound: string, host: string): Promise<number> => {
    const { app } = bound === '127.0.0.1' ? shared() : startServer({ host: bound })
    return (await app.inject({ url: '/api/views', headers: { host } })).statusCode
  }

  test.each(['localhost:8000', '127.0.0.1:8000', '[::1]:8000', 'LOCALHOST'])('%s is this machine', async (host) => {
    expect(await ask('127.0.0.1', host)).toBe(200)
  })

  test.each(['evil.example', 'localhost.evil.example:8000', '127.0.0.1.evil.example', '10.0.0.1', 'a b'])(
    '%s is not, while bound to loopback',
    async (host) => {
      expect(await ask('127.0.0.1', host)).toBe(403)
    },
  )

  test('may be any name when windrow is reachable from other machines', async () => {
    expect(await ask('0.0.0.0', 'windrow.example:8000')).toBe(200)
  })

  test('loopback has several names', () => {
    expect(['localhost', '127.0.0.1', '127.1.2.3', '::1'].every(isLoopback)).toBe(true)
    expect(['0.0.0.0', '::', '192.168.1.4', '127.0.0.1.evil.example'].some(isLoopback)).toBe(false)
  })
})

describe('what changes something', () => {
  const servers = new Map<string | null, TestServer>()
  afterAll(async () => {
    for (const { app } of servers.values()) await app.close()
  })
  const retry = async (token: string | null, headers: Record<string, string>, body: object = { code: 'WR_READING_NUMBER' }) => {
    if (!servers.has(token)) servers.set(token, openServer({ token }))
    const { app, ports } = servers.get(token)!
    ports.retries.length = 0
    const response = await app.inject({ method: 'POST', url: '/api/dead-letters/retry', headers, payload: body })
    return { status: response.statusCode, body: response.json(), headers: response.headers, retries: [...ports.retries] }
  }

  test('is refused when no token is set, whatever is sent', async () => {
    for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: 'Bearer null' }]) {
      expect(await retry(null, headers)).toMatchObject({ status: 403, body: { code: 'WR_API_TOKEN_UNSET' }, retries: [] })
    }
    expect(await retry('', { authorization: 'Bearer ' })).toMatchObject({ status: 403, retries: [] })
  })

  test('is refused without the token or with a wrong one', async () => {
    expect(await retry('s3cret', {})).toMatchObject({
      status: 401,
      body: { code: 'WR_API_TOKEN_WRONG' },
      headers: { 'www-authenticate': 'Bearer realm="windrow"' },
      retries: [],
    })
    for (const authorization of ['Bearer s3cre', 'Bearer s3cret2', 'Basic s3cret', 's3cret']) {
      expect(await retry('s3cret', { authorization })).toMatchObject({ status: 401, retries: [] })
    }
  })

  test('is done with the token', async () => {
    expect(await retry('s3cret', { authorization: 'Bearer s3cret' })).toMatchObject({
      status: 200,
      body: { tried: 2, accepted: 1, refused: 1 },
      retries: [{ ids: null, code: 'WR_READING_NUMBER' }],
    })
  })

  test('takes no body that it does not understand', async () => {
    const answer = await retry('s3cret', { authorization: 'Bearer s3cret' }, { codes: ['x'] })
    expect(answer).toMatchObject({ status: 400, body: { message: 'There is no parameter "codes" here.' }, retries: [] })
  })
})

describe('dead letters', () => {
  test('are listed with what happened, where and what to do, a page at a time', async () => {
    const { get } = shared()
    const first = (await get('/api/dead-letters?limit=1')).body
    expect(first).toMatchObject({
      dead_letters: [
        { origin: 'source', code: 'WR_READING_NUMBER', remedy: expect.any(String), recorded_at: '2026-04-01T08:38:00Z' },
      ],
    })
    const second = (await get(`/api/dead-letters?limit=1&after=${encodeURIComponent(String(first.next))}`)).body
    expect(second).toMatchObject({ dead_letters: [{ origin: 'log', where: 'air.readings 0@1204' }] })
    expect((await get('/api/dead-letters?limit=1001')).status).toBe(400)
  })
})
