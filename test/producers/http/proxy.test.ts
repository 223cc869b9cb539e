import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { httpUpstream } from '../../../src/producers/http/http-upstream.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { fakeServer } from '../upstreams/fake-server.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const given = { source: 'Sample', userAgent: 'windrow/0', clock: manualClock(), logger: keepingLogger(), quota: null, tries: 1 }
const never = new AbortController().signal

test('an upstream is reached by the proxy that the environment names, this machine without it', async () => {
  const server = await fakeServer(() => ({ body: { ok: true } }))
  const tunnels: string[] = []
  const proxy = createServer().on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    const through = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    for (const end of [through, socket]) end.on('error', () => through.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  vi.stubEnv('NO_PROXY', '')
  const far = httpUpstream({ ...given, baseUrl: 'http://upstream.example' })
  const near = httpUpstream({ ...given, baseUrl: server.url })
  expect((await far.ask({ path: '/far' }, never)).json()).toEqual({ ok: true })
  expect((await near.ask({ path: '/near' }, never)).json()).toEqual({ ok: true })
  expect(tunnels).toEqual(['upstream.example:80'])
  for (const upstream of [far, near]) await upstream.close()
  proxy.closeAllConnections()
  proxy.close()
  await server.close()
})

test('a proxy that is no URL is said, without its password', () => {
  vi.stubEnv('HTTPS_PROXY', 'http://me:pa55word@:x')
  const open = (): unknown => httpUpstream({ ...given, baseUrl: 'https://upstream.example' })
  expect(open).toThrow(expect.objectContaining({ code: 'WR_UPSTREAM_PROXY' }))
  // The error that it comes from holds the whole URL.
  expect(open).toThrow(expect.not.objectContaining({ cause: expect.anything() as unknown }))
  expect(open).not.toThrow('pa55word')
})
