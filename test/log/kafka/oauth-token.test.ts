import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { oauthToken } from '../../../src/log/kafka/oauth-token.ts'

let server: Server
let url: string
let asked: Array<{ readonly authorization: string; readonly body: string }>
let answer: (response: ServerResponse) => void

beforeEach(async () => {
  asked = []
  server = createServer(async (request: IncomingMessage, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ authorization: request.headers.authorization ?? '', body })
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
})
afterEach(() => server.close())

const client = () => ({ url, clientId: 'me & you', clientSecret: 's:1', scope: 'kafka' })
const gives = (seconds: number) => (response: ServerResponse) =>
  void response.end(JSON.stringify({ access_token: `token-${asked.length}`, expires_in: seconds }))

test('a token is asked for once by all who want one meanwhile, and used while it is fresh', async () => {
  answer = gives(300)
  const token = oauthToken(client())
  expect(await Promise.all([token(), token()])).toEqual(['token-1', 'token-1'])
  expect(await token()).toBe('token-1')
  const basic = Buffer.from('me%20%26%20you:s%3A1').toString('base64')
  expect(asked).toEqual([{ authorization: `Basic ${basic}`, body: 'grant_type=client_credentials&scope=kafka' }])
})

test('a token that runs out is got anew', async () => {
  answer = gives(0)
  const token = oauthToken(client())
  expect([await token(), await token()]).toEqual(['token-1', 'token-2'])
})

test.each([
  [401, '{"error":"invalid_client"}', false],
  [503, '', true],
  [200, '<html>', false],
])('an endpoint that answers %i %s gives none, and the next time it is asked again', async (status, body, canRetry) => {
  answer = (response) => void response.writeHead(status).end(body)
  const token = oauthToken(client())
  await expect(token()).rejects.toMatchObject({ code: 'WR_KAFKA_TOKEN', canRetry })
  answer = gives(300)
  expect(await token()).toBe('token-2')
})

test('an endpoint that is away may come back', async () => {
  await new Promise((resolve) => server.close(resolve))
  await expect(oauthToken(client())()).rejects.toMatchObject({ code: 'WR_KAFKA_TOKEN', canRetry: true })
})
