import { afterEach, expect, test } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { httpUpstream } from '../../../src/producers/http/http-upstream.ts'
import { withToken } from '../../../src/producers/http/oauth-token.ts'
import type { Upstream } from '../../../src/producers/http/upstream.ts'
import { type ManualClock, manualClock } from '../../../src/testing/manual-clock.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { type FakeServer, fakeServer } from '../upstreams/fake-server.ts'

const closers: Array<() => Promise<void>> = []
const never = new AbortController().signal
const basic = `Basic ${Buffer.from('app:s3cret-word').toString('base64')}`

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Protected {
  readonly server: FakeServer
  readonly upstream: Upstream
  readonly clock: ManualClock
  readonly tokens: () => number
  /** The tokens that were given no longer hold. */
  revoke(): void
}

async function protectedUpstream(secret = 's3cret-word'): Promise<Protected> {
  let given = 0
  let holds = 0
  const server = await fakeServer(({ method, path, headers }) => {
    if (path === '/token/oauth/') {
      if (method !== 'POST' || headers.authorization !== basic) return { status: 401, body: { error: 'invalid_client' } }
      given += 1
      return { body: { access_token: `token-${given}`, token_type: 'Bearer', expires_in: 7200 } }
    }
    if (headers.authorization !== `Bearer token-${given}` || given <= holds) return { status: 401, body: 'token expired' }
    return { body: { ok: true } }
  })
  closers.push(server.close)
  const clock = manualClock()
  const inner = httpUpstream({
    source: 'RTE',
    baseUrl: server.url,
    userAgent: 'windrow/0',
    clock,
    logger: keepingLogger(),
    quota: null,
  })
  closers.push(inner.close)
  const upstream = withToken(inner, { source: 'RTE', id: 'app', secret: new Secret(secret), tokenPath: '/token/oauth/', clock })
  const revoke = (): void => {
    holds = given
  }
  return { server, upstream, clock, revoke, tokens: () => given }
}

const ask = async ({ upstream }: Protected): Promise<unknown> => (await upstream.ask({ path: '/values' }, never)).json()

test('a token is fetched once for all who ask, and kept until a minute before its end', async () => {
  const all = await protectedUpstream()
  expect(await Promise.all([ask(all), ask(all), ask(all)])).toEqual([{ ok: true }, { ok: true }, { ok: true }])
  await all.clock.advance(7_139_000)
  await ask(all)
  expect(all.tokens()).toBe(1)
  await all.clock.advance(1000)
  await ask(all)
  expect(all.tokens()).toBe(2)
})

test('a 401 leads to one new token and one more try', async () => {
  const all = await protectedUpstream()
  await ask(all)
  all.revoke()
  expect(await Promise.all([ask(all), ask(all)])).toEqual([{ ok: true }, { ok: true }])
  expect(all.tokens()).toBe(2)
})

test('a second 401 is an error, which shows no token', async () => {
  const all = await protectedUpstream()
  all.server.script(null, { status: 401, body: 'no token-1 here' }, null, { status: 401, body: 'no token-2 here' })
  const error: unknown = await ask(all).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'WR_UPSTREAM_REFUSED', facts: { status: 401, body: 'no [secret] here' } })
  expect(all.server.requests).toHaveLength(4)
})

test('a client that is refused is asked for once, and its secret is not shown', async () => {
  const all = await protectedUpstream('another')
  const error = await ask(all).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'WR_UPSTREAM_REFUSED', remedy: expect.stringContaining('client id and secret') as string })
  expect(all.server.requests).toHaveLength(1)
  const shown = JSON.stringify([error, String(error)])
  for (const hidden of ['another', Buffer.from('app:another').toString('base64')]) expect(shown).not.toContain(hidden)
})

test('who asks first and leaves does not take the token from the others', async () => {
  const all = await protectedUpstream()
  const leaving = new AbortController()
  const first = all.upstream.ask({ path: '/values' }, leaving.signal)
  const second = ask(all)
  leaving.abort()
  await expect(first).rejects.toBe(leaving.signal.reason)
  expect(await second).toEqual({ ok: true })
})

test('an answer without a token is an error', async () => {
  const all = await protectedUpstream()
  all.server.script({ status: 200, body: { token: 'x' } })
  await expect(ask(all)).rejects.toMatchObject({ code: 'WR_UPSTREAM_ANSWER' })
})
