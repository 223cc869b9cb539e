import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

/** What a client sent. */
export interface FakeRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** What it got in place of the handler's answer. */
  readonly fault: Fault | null
}

export interface FakeAnswer {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes as they are, anything else as JSON. */
  readonly body?: unknown
  readonly encoding?: 'gzip' | 'deflate' | 'br'
}

/**
 * What goes wrong with one request. reset: the connection breaks before or inside the answer. hang: no (further) byte until the server is
 * closed. half: fewer bytes than content-length says. trickle: all of it, in 20 pieces 5 ms apart. redirect-here: once, to the
 * same on this host. redirect-elsewhere: to another name of this server, so that a client that followed would be in `requests`.
 */
export type Fault =
  | { readonly status: number; readonly retryAfter?: string | number; readonly body?: unknown }
  | 'reset-before'
  | 'reset-inside'
  | 'hang'
  | 'hang-inside'
  | 'half'
  | 'not-json'
  | 'html'
  | 'trickle'
  | 'redirect-here'
  | 'redirect-elsewhere'

export interface FakeServer {
  /** `http://127.0.0.1:port`: the base URL. */
  readonly url: string
  /** Everything that was asked, in the order of arrival. */
  readonly requests: FakeRequest[]
  /** The next requests meet these, one each; null: none. What is scripted goes before what is random. */
  script(...faults: ReadonlyArray<Fault | null>): void
  /** From now on every request that the script leaves alone meets what this gives, null for nothing. */
  faultsBy(choose: ((request: FakeRequest) => Fault | null) | null): void
  /** Resolves when so many requests (default 1) hang. */
  whenHanging(count?: number): Promise<void>
  close(): Promise<void>
}

/** Those that a client is to get over by trying again, and that need no time to pass: for `seededFaults`. */
export const passingFaults: readonly Fault[] = [
  { status: 500 },
  { status: 503, retryAfter: 2 },
  { status: 429, retryAfter: 5 },
  'reset-before',
  'reset-inside',
  'half',
  'redirect-here',
]

const MOVED = 'fake_moved'

/** An HTTP server on loopback that answers what `handle` gives (undefined: 404), and what goes wrong as told. */
export async function fakeServer(
  handle: (request: FakeRequest) => FakeAnswer | undefined | Promise<FakeAnswer | undefined>,
): Promise<FakeServer> {
  const requests: FakeRequest[] = []
  let scripted: Array<Fault | null> = []
  let choose: ((request: FakeRequest) => Fault | null) | null = null
  let hanging = 0
  let watchers: Array<{ readonly count: number; readonly resolve: () => void }> = []

  const hang = (): void => {
    hanging += 1
    for (const { resolve } of watchers.filter(({ count }) => count <= hanging)) resolve()
    watchers = watchers.filter(({ count }) => count > hanging)
  }

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', url)
    const isMoved = searchParams.get(MOVED) !== null
    searchParams.delete(MOVED)
    const { method = 'GET', headers } = incoming
    const asked = { method, path: pathname, query: searchParams, headers, body: await bodyOf(incoming), fault: null }
    const fault = isMoved ? null : scripted.length > 0 ? (scripted.shift() ?? null) : (choose?.(asked) ?? null)
    const request: FakeRequest = { ...asked, fault }
    requests.push(request)
    if (fault === 'reset-before') incoming.socket.resetAndDestroy()
    else if (fault === 'hang') hang()
    else if (typeof fault === 'object' && fault !== null) send(response, answerOf(fault))
    else if (fault === 'redirect-here') redirect(response, movedTo(incoming.url ?? '/'))
    else if (fault === 'redirect-elsewhere') redirect(response, `http://localhost:${port}${incoming.url ?? '/'}`)
    else if (fault === 'not-json') send(response, { body: '{"values": [1, 2' })
    else if (fault === 'html')
      send(response, {
        body: '<!DOCTYPE html>\n<html><body>Please log in</body></html>',
        headers: { 'content-type': 'text/html' },
      })
    else await sendWith(fault, response, (await handle(request)) ?? { status: 404, body: { message: 'not found' } }, hang)
  }

  const server = createServer((incoming, response) => {
    // The time of a test is not this machine's.
    response.sendDate = false
    serve(incoming, response).catch((error: unknown) => {
      // What the test's own handler throws must not look like an answer.
      response.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    requests,
    script: (...faults) => {
      scripted = [...scripted, ...faults]
    },
    faultsBy: (chooser) => {
      choose = chooser
    },
    whenHanging: (count = 1) =>
      hanging >= count ? Promise.resolve() : new Promise((resolve) => watchers.push({ count, resolve })),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** For `faultsBy`: one of the faults in that share (0 to 1) of the requests, the same for the same seed. */
export function seededFaults(seed: number, share: number, faults: readonly Fault[] = passingFaults): () => Fault | null {
  let state = seed >>> 0
  // mulberry32: small, and good enough for this.
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return () => (random() < share ? (faults[Math.floor(random() * faults.length)] ?? null) : null)
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function answerOf({ status, retryAfter, body }: Exclude<Fault, string>): FakeAnswer {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return { status, headers, body: body ?? { message: `status ${status}` } }
}

function movedTo(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${MOVED}=1`
}

function redirect(response: ServerResponse, location: string): void {
  send(response, { status: 302, headers: { location }, body: '' })
}

function send(response: ServerResponse, answer: FakeAnswer): void {
  const { status, headers, bytes } = encoded(answer)
  response.writeHead(status, headers).end(bytes)
}

/** The handler's answer, as far as the fault lets it through. */
async function sendWith(fault: Fault | null, response: ServerResponse, answer: FakeAnswer, hang: () => void): Promise<void> {
  if (fault === null) return send(response, answer)
  const { status, headers, bytes } = encoded(answer)
  response.writeHead(status, headers)
  if (fault === 'trickle') {
    const size = Math.max(1, Math.ceil(bytes.byteLength / 20))
    for (let at = 0; at < bytes.byteLength && !response.destroyed; at += size) {
      response.write(bytes.subarray(at, at + size))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    response.end()
    return
  }
  await new Promise<void>((resolve) => response.write(bytes.subarray(0, Math.floor(bytes.byteLength / 2)), () => resolve()))
  if (fault === 'hang-inside') hang()
  else if (fault === 'reset-inside') response.socket?.resetAndDestroy()
  else response.socket?.end()
}

function encoded({ status = 200, headers = {}, body = '', encoding }: FakeAnswer): {
  status: number
  headers: Record<string, string>
  bytes: Uint8Array
} {
  const isText = typeof body === 'string' || body instanceof Uint8Array
  const plain = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const bytes =
    encoding === 'gzip'
      ? gzipSync(plain)
      : encoding === 'deflate'
        ? deflateSync(plain)
        : encoding === 'br'
          ? brotliCompressSync(plain)
          : plain
  return {
    status,
    headers: {
      'content-type': isText ? 'text/plain' : 'application/json',
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      'content-length': String(bytes.byteLength),
      ...headers,
    },
    bytes,
  }
}
