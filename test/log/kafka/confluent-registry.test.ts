import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { confluentRegistry } from '../../../src/log/kafka/confluent-registry.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

let server: Server
let port: number
let asked: string[]
let handle: Handler

/** Answers as a registry does. */
function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A registry with the versions of one subject. */
function registryOf(subject: string, schemas: string[]): Handler {
  return ({ method, url }, response, body) => {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const version = new RegExp(`^${path}/(\\d+)$`).exec(url ?? '')?.[1]
    const id = /^\/schemas\/ids\/(\d+)$/.exec(url ?? '')?.[1]
    const found = schemas[Number(version ?? id) - 1]
    if (method === 'POST' && url === path) {
      const schema = (JSON.parse(body) as { schema: string }).schema
      schemas.push(schema)
      answer(response, 200, { id: schemas.length })
    } else if (url === path && schemas.length > 0)
      answer(
        response,
        200,
        Array.from(schemas, (_, i) => i + 1),
      )
    else if (found !== undefined) answer(response, 200, { subject, version: Number(version), id: Number(version), schema: found })
    else answer(response, 404, { error_code: 40403, message: 'not found' })
  }
}

beforeEach(async () => {
  asked = []
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('end', () => handle(request, response, body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const client = (userInfo = '', path = '') => confluentRegistry(`http://${userInfo}127.0.0.1:${port}${path}`)

describe('a client of a Confluent-compatible registry', () => {
  test('registers what is new, finds what is there, and asks once for what never changes', async () => {
    handle = registryOf('a/b-value', ['"int"'])
    const registry = client('', '/')
    expect(await registry.register('a/b-value', '"string"')).toBe(2)
    expect(await registry.register('a/b-value', ' "int"')).toBe(1)
    const before = asked.length
    expect(await registry.register('a/b-value', '"string"')).toBe(2)
    expect([await registry.schemaById(1), await registry.schemaById(2)]).toEqual(['"int"', '"string"'])
    expect(asked.length).toBe(before)
    expect(asked.filter((line) => line.startsWith('POST'))).toEqual(['POST /subjects/a%2Fb-value/versions'])
  })

  test('knows nothing of a schema or subject that the registry does not have, and asks again the next time', async () => {
    const schemas: string[] = []
    handle = registryOf('s', schemas)
    const registry = client()
    expect([await registry.schemaById(1), await registry.versions('s')]).toEqual([null, []])
    schemas.push('"int"')
    expect(await registry.schemaById(1)).toBe('"int"')
  })

  test('signs in with user and password of the address, also with signs that an address cannot have', async () => {
    const inner = registryOf('s', ['"int"'])
    handle = (request, response, body) => {
      const wanted = `Basic ${Buffer.from('reader:p@ss/w:örd').toString('base64')}`
      if (request.headers.authorization === wanted) inner(request, response, body)
      else answer(response, 401, { error_code: 401, message: 'Unauthorized' })
    }
    expect(await client(`reader:${encodeURIComponent('p@ss/w:örd')}@`).schemaById(1)).toBe('"int"')
    for (const user of ['', 'reader:guess@', ':guess@']) {
      const failed = await client(user)
        .schemaById(1)
        .catch((error: unknown) => error)
      expect(failed).toMatchObject({ code: 'WR_REGISTRY_REFUSED', remedy: expect.stringContaining('user and password') })
      expect(JSON.stringify([failed, String(failed)])).not.toContain('guess')
    }
  })

  test('goes on with what it knows while the registry is away, and says so of what it does not know', async () => {
    handle = registryOf('s', ['"int"'])
    const registry = client()
    const versions = await registry.versions('s')
    for (const status of [503, 429, 502]) {
      handle = (_, response) => answer(response, status, 'busy')
      expect(await registry.versions('s')).toEqual(versions)
      expect(await registry.schemaById(1)).toBe('"int"')
      await expect(registry.schemaById(2)).rejects.toMatchObject({
        code: 'WR_REGISTRY_UNREACHABLE',
        canRetry: true,
        message: expect.stringContaining(String(status)),
      })
    }
    handle = (_, response) => response.socket?.destroy()
    await expect(registry.register('s', '"long"')).rejects.toMatchObject({ code: 'WR_REGISTRY_UNREACHABLE' })
    handle = registryOf('s', ['"int"', '"long"'])
    expect(await registry.schemaById(2)).toBe('"long"')
  })

  test('tells what was wrong with the connection, not only that a fetch failed', async () => {
    const closed = port
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    await expect(confluentRegistry(`http://127.0.0.1:${closed}`).subjects()).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    })
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  test('does not take another server for a registry that is empty or away', async () => {
    handle = (_, response) => answer(response, 404, '<html>Not Found</html>')
    await expect(client().versions('s')).rejects.toMatchObject({ code: 'WR_REGISTRY_REFUSED' })
    handle = (_, response) => answer(response, 404, { error: 'no such page' })
    await expect(client().schemaById(1)).rejects.toMatchObject({ code: 'WR_REGISTRY_REFUSED' })
    handle = (_, response) => answer(response, 200, '<html>Welcome</html>')
    await expect(client().subjects()).rejects.toMatchObject({
      code: 'WR_REGISTRY_REFUSED',
      message: expect.stringContaining('<html>Welcome'),
    })
  })

  test('refuses an incompatible schema with what the registry says of it', async () => {
    const inner = registryOf('s', ['"int"'])
    handle = (request, response, body) => {
      if (request.method === 'GET') inner(request, response, body)
      else answer(response, 409, { error_code: 409, message: 'READER_FIELD_MISSING_DEFAULT' })
    }
    await expect(client().register('s', '"string"')).rejects.toMatchObject({
      code: 'WR_SCHEMA_INCOMPATIBLE',
      message: expect.stringMatching(/ s: .*READER_FIELD_MISSING_DEFAULT/),
      kind: 'usage',
    })
  })
})
