import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly authorization: string
}

export interface FakeAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Answers as told; 'reset' breaks the connection off, 'silence' never answers. */
export type FakeHandler = (request: FakeRequest) => FakeAnswer | 'reset' | 'silence'

export interface FakeInflux {
  readonly url: string
  readonly requests: readonly FakeRequest[]
}

/** Something on loopback that answers requests, until the test is over. */
export async function fakeInflux(handler: FakeHandler): Promise<FakeInflux> {
  const requests: FakeRequest[] = []
  const server = createServer((request, response) => void answer(request, response, handler, requests))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  handler: FakeHandler,
  requests: FakeRequest[],
): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece as Buffer)
  const request = {
    method: message.method ?? '',
    path: message.url ?? '',
    body: Buffer.concat(pieces).toString(),
    authorization: message.headers.authorization ?? '',
  }
  requests.push(request)
  const said = handler(request)
  if (said === 'silence') return
  if (said === 'reset') {
    message.socket.resetAndDestroy()
    return
  }
  const { status = 200, headers = {}, body } = said
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

/** What an InfluxDB 2.7 says to `open`, with a bucket that is there and empty; null for any other request. */
export function healthyAnswer({ method, path }: FakeRequest): FakeAnswer | null {
  if (path === '/ping') return { status: 204, headers: { 'x-influxdb-version': 'v2.7.12' } }
  if (method === 'GET' && path.startsWith('/api/v2/buckets')) {
    const rule = { type: 'expire', everySeconds: 0, shardGroupDurationSeconds: 10 * 365 * 86_400 }
    return { body: { buckets: [{ id: '1', name: 'views', retentionRules: [rule] }] } }
  }
  if (path.startsWith('/query')) return { body: { results: [{ statement_id: 0 }] } }
  return path.startsWith('/api/v2/write') ? { status: 204 } : null
}
