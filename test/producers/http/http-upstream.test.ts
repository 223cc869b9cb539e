import { afterEach, expect, test, vi } from 'vitest'
import { isWindrowError, type WindrowError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type HttpUpstream, type HttpUpstreamOptions, httpUpstream } from '../../../src/producers/http/http-upstream.ts'
import { type ManualClock, manualClock } from '../../../src/testing/manual-clock.ts'
import { keepingLogger, type LogLine } from '../quiet-logger.ts'
import { type FakeAnswer, type FakeRequest, type FakeServer, type Fault, fakeServer } from '../upstreams/fake-server.ts'

const KEY = 'k3y-with/odd chars'
const request = { path: '/data/2.5/weather', query: { lat: 48.8566, appid: new Secret(KEY) } }
const closers: Array<() => Promise<void>> = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  vi.unstubAllEnvs()
})

interface Asking {
  readonly server: FakeServer
  readonly upstream: HttpUpstream
  readonly clock: ManualClock
  /** A line a try that is followed by another. */
  readonly lines: readonly LogLine[]
  /** Asks and reads the answer. */
  ask(signal?: AbortSignal): Promise<unknown>
}

async function asking(
  options: Partial<HttpUpstreamOptions> = {},
  handle: (request: FakeRequest) => FakeAnswer | undefined = () => ({ body: { ok: true } }),
): Promise<Asking> {
  const server = await fakeServer(handle)
  closers.push(server.close)
  const clock = manualClock()
  const logger = keepingLogger()
  const given = { source: 'Sample', baseUrl: server.url, userAgent: 'windrow/1.2.3', clock, logger, quota: null, random: () => 0 }
  const upstream = httpUpstream({ ...given, ...options })
  closers.push(upstream.close)
  const ask = async (signal = new AbortController().signal): Promise<unknown> => (await upstream.ask(request, signal)).json()
  return { server, upstream, clock, lines: logger.lines, ask }
}

/** Waits for the result, and moves the clock on whenever only waits between tries are left. */
async function passing<T>({ clock, lines }: Asking, result: Promise<T>): Promise<T> {
  let isSettled = false
  const settled = result.finally(() => {
    isSettled = true
  })
  settled.catch(() => undefined)
  for (let seen = 0; !isSettled; ) {
    await new Promise((resolve) => setImmediate(resolve))
    const line = lines[seen]
    if (line === undefined || clock.sleepers !== 1) continue
    seen += 1
    // To the millisecond: what is sent then has all its time.
    await clock.advance(Number(line.facts.retry_in_seconds) * 1000)
  }
  return settled
}

async function failing(result: Promise<unknown>): Promise<WindrowError> {
  const error = await result.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (!isWindrowError(error)) throw error
  const all = [error.message, error.remedy, JSON.stringify(error.facts), String(error.cause)].join(' ')
  for (const form of [KEY, encodeURIComponent(KEY), 'k3y-with']) expect(all).not.toContain(form)
  return error
}

test('an answer is asked for with the query, the user agent and the key', async () => {
  const { ask, server } = await asking()
  expect(await ask()).toEqual({ ok: true })
  const [sent] = server.requests
  expect(sent?.path).toBe('/data/2.5/weather')
  expect([sent?.query.get('lat'), sent?.query.get('appid')]).toEqual(['48.8566', KEY])
  expect(sent?.headers).toMatchObject({
    'user-agent': 'windrow/1.2.3',
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate, br',
  })
})

test.each(['gzip', 'deflate', 'br'] as const)('an answer may be compressed with %s', async (encoding) => {
  const { ask } = await asking({}, () => ({ body: { values: Array(1000).fill(1) }, encoding }))
  expect(await ask()).toEqual({ values: Array(1000).fill(1) })
})

test.each<[string, Fault]>([
  ['a 500', { status: 500 }],
  ['a 503', { status: 503 }],
  ['a 429', { status: 429 }],
  ['a 429 with Retry-After', { status: 429, retryAfter: 30 }],
  ['a reset before the answer', 'reset-before'],
  ['a reset inside the answer', 'reset-inside'],
  ['half an answer', 'half'],
])('%s is got over by trying again', async (_, fault) => {
  const all = await asking()
  all.server.script(fault, fault)
  expect(await passing(all, all.ask())).toEqual({ ok: true })
  expect(all.server.requests).toHaveLength(3)
  expect(JSON.stringify(all.lines)).not.toContain('k3y')
})

test.each<[Fault, string, boolean]>([
  [{ status: 500 }, 'WR_UPSTREAM_BUSY', true],
  [{ status: 429 }, 'WR_UPSTREAM_BUSY', true],
  ['reset-before', 'WR_UPSTREAM_UNREACHABLE', true],
  ['half', 'WR_UPSTREAM_UNREACHABLE', true],
  [{ status: 401 }, 'WR_UPSTREAM_REFUSED', false],
  [{ status: 403 }, 'WR_UPSTREAM_REFUSED', false],
  [{ status: 404 }, 'WR_UPSTREAM_NOT_FOUND', false],
  [{ status: 400 }, 'WR_UPSTREAM_REQUEST', false],
  ['redirect-elsewhere', 'WR_UPSTREAM_ANSWER', false],
  ['not-json', 'WR_UPSTREAM_ANSWER', false],
  ['html', 'WR_UPSTREAM_ANSWER', false],
])('%j every time is %s', async (fault, code, isTriedAgain) => {
  const all = await asking()
  all.server.script(fault, fault, fault, fault, fault)
  const error = await failing(passing(all, all.ask()))
  expect(error.code).toBe(code)
  expect(all.server.requests).toHaveLength(isTriedAgain ? 4 : 1)
  expect(error.message).toContain('GET /data/2.5/weather?lat=48.8566&appid=[secret]')
})

test('an error tells the status and the beginning of what upstream said, in one line and without the key', async () => {
  const all = await asking()
  all.server.script({ status: 401, body: `{"cod":401,\n "message":"Invalid key ${KEY}\u0007"}` })
  const error = await failing(all.ask())
  expect(error.facts).toMatchObject({ status: 401, body: '{"cod":401, "message":"Invalid key [secret] "}', source: 'Sample' })
})

test('a kind may know better what to do', async () => {
  const hint = (status: number, body: string): string | null =>
    status === 401 && body.includes('soon') ? 'Wait two hours.' : null
  const all = await asking({ hint })
  all.server.script({ status: 401, body: 'soon' })
  expect((await failing(all.ask())).remedy).toBe('Wait two hours.')
})

test("an answer has the time of upstream's clock, and what a cache has held is older than it says", async () => {
  const date = async (headers: Readonly<Record<string, string>>): Promise<number | null> => {
    const { upstream } = await asking({}, () => ({ headers, body: {} }))
    return (await upstream.ask(request, new AbortController().signal)).date
  }
  expect(await date({ date: 'Sun, 01 Jun 2025 10:00:00 GMT' })).toBe(Date.UTC(2025, 5, 1, 10))
  expect(await date({ date: 'Sun, 01 Jun 2025 10:00:00 GMT', age: '600' })).toBe(Date.UTC(2025, 5, 1, 10, 10))
  expect(await date({ date: 'Sun, 01 Jun 2025 10:00:00 GMT', age: 'old' })).toBe(Date.UTC(2025, 5, 1, 10))
  expect(await date({ date: 'today' })).toBeNull()
  expect(await date({})).toBeNull()
})

test('Retry-After is waited for, by all that ask', async () => {
  const all = await asking({ random: () => 0.999 })
  all.server.script({ status: 429, retryAfter: 120 })
  const first = all.ask()
  await all.clock.whenSleeping()
  await vi.waitUntil(() => all.lines.length === 1 && all.clock.sleepers === 1)
  const second = all.ask()
  await all.clock.whenSleeping(2)
  await all.clock.advance(119_999)
  expect(all.server.requests).toHaveLength(1)
  await all.clock.advance(1)
  expect(await Promise.all([first, second])).toEqual([{ ok: true }, { ok: true }])
})

test('a Retry-After that is a date is waited for', async () => {
  const all = await asking()
  all.server.script({ status: 503, retryAfter: new Date(all.clock.now() + 90_000).toUTCString() })
  const result = all.ask()
  await vi.waitUntil(() => all.lines.length === 1 && all.clock.sleepers === 1)
  await all.clock.advance(89_000)
  expect(all.server.requests).toHaveLength(1)
  await all.clock.advance(1000)
  expect(await result).toEqual({ ok: true })
})

test('a Retry-After of hours is told, and nobody asks before', async () => {
  const all = await asking()
  all.server.script({ status: 429, retryAfter: 7200 })
  const retryAt = new Date(all.clock.now() + 7_200_000).toISOString()
  expect(await failing(all.ask())).toMatchObject({ code: 'WR_UPSTREAM_BUSY', facts: { status: 429, retry_at: retryAt } })
  expect(await failing(all.ask())).toMatchObject({ code: 'WR_UPSTREAM_BUSY', facts: { retry_at: retryAt } })
  expect(all.server.requests).toHaveLength(1)
  await all.clock.advance(7_200_000)
  expect(await all.ask()).toEqual({ ok: true })
})

test.each<Fault>(['hang', 'hang-inside'])('a %s ends when its time is over, and is tried again', async (fault) => {
  const all = await asking()
  all.server.script(fault)
  const result = all.ask()
  await all.server.whenHanging()
  await all.clock.advance(60_000)
  await vi.waitUntil(() => all.lines.length === 1 && all.clock.sleepers === 1)
  await all.clock.advance(1000)
  expect(await result).toEqual({ ok: true })
})

test('a slow answer is waited for', async () => {
  const all = await asking()
  all.server.script('trickle')
  expect(await all.ask()).toEqual({ ok: true })
})

test('without a connection in time there is an error, after trying again', async () => {
  const all = await asking({ baseUrl: 'http://127.0.0.1:1' })
  const error = await failing(passing(all, all.ask()))
  expect(error).toMatchObject({ code: 'WR_UPSTREAM_UNREACHABLE', canRetry: true, facts: { host: '127.0.0.1:1', tries: 4 } })
})

test.each<Fault>(['hang', 'hang-inside', { status: 503 }])('asking ends with the signal while there is a %j', async (fault) => {
  const all = await asking()
  all.server.script(fault)
  const ending = new AbortController()
  const result = all.ask(ending.signal)
  result.catch(() => undefined)
  if (typeof fault === 'string') await all.server.whenHanging()
  else await vi.waitUntil(() => all.lines.length === 1)
  ending.abort()
  await expect(result).rejects.toBe(ending.signal.reason)
})

test('a redirect on the same host is followed, with what was asked', async () => {
  const all = await asking()
  all.server.script('redirect-here')
  expect(await all.ask()).toEqual({ ok: true })
  expect(all.server.requests.map(({ query }) => query.get('appid'))).toEqual([KEY, KEY])
})

test('redirects without end are an error', async () => {
  const all = await asking({}, ({ path }) => ({ status: 302, headers: { location: `${path}x` } }))
  expect(await failing(all.ask())).toMatchObject({ code: 'WR_UPSTREAM_ANSWER' })
  expect(all.server.requests).toHaveLength(6)
})

test.each<'gzip' | undefined>([undefined, 'gzip'])('an answer that is too large is refused (%s)', async (encoding) => {
  const all = await asking({ maxBytes: 10_000 }, () => ({
    body: '1'.repeat(10_001),
    ...(encoding === undefined ? {} : { encoding }),
  }))
  expect(await failing(all.ask())).toMatchObject({ code: 'WR_UPSTREAM_ANSWER' })
  expect(all.server.requests).toHaveLength(1)
})

test('a key that HTTP cannot carry is said, and not shown', async () => {
  const all = await asking()
  const headers = { authorization: new Secret(`${KEY}\n`) }
  const error = await failing(all.upstream.ask({ path: '/', headers }, new AbortController().signal))
  expect(error.code).toBe('WR_UPSTREAM_REQUEST')
})

test('every call is counted by the quota: tries again and redirects too', async () => {
  let taken = 0
  const quota = {
    take: () => {
      taken += 1
      return Promise.resolve()
    },
  }
  const all = await asking({ quota })
  all.server.script({ status: 500 }, 'redirect-here')
  await passing(all, all.ask())
  expect([taken, all.server.requests.length]).toEqual([3, 3])
})

test('a base URL may have a path', async () => {
  const server = await fakeServer(({ path }) => ({ body: { path } }))
  closers.push(server.close)
  const all = await asking({ baseUrl: `${server.url}/gateway/` })
  expect(await all.ask()).toEqual({ path: '/gateway/data/2.5/weather' })
})

test.each([401, 403])('a refusal (%i) by who is asked without a key blames no key', async (status) => {
  const without = await asking({ hasCredentials: false }, () => ({ status, body: {} }))
  const { code, remedy } = await failing(without.ask())
  expect(code).toBe('WR_UPSTREAM_REFUSED')
  expect(remedy).toMatch(/^Sample is asked without a key.*address.*proxy/)
  expect(remedy).not.toContain('credentials')
  const keyed = await asking({}, () => ({ status, body: {} }))
  expect((await failing(keyed.ask())).remedy).toContain('credentials of Sample')
})
