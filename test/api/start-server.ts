import type { FastifyInstance } from 'fastify'
import { afterAll, onTestFinished } from 'vitest'
import type { ApiPorts } from '../../src/api/ports.ts'
import { createServer, type ServerOptions } from '../../src/api/server.ts'
import { type FakePorts, fakePorts } from './fake-ports.ts'

/** A moment soon after summer time began. */
export const NOW = Date.parse('2026-04-01T09:20:00Z')

/** An answer as these tests look at it: whatever is not there is undefined. */
export interface JsonAnswer {
  readonly [name: string]: JsonAnswer
  readonly [index: number]: JsonAnswer
}

export interface Logged {
  readonly level: string
  readonly facts: object
  readonly message: string
}

export interface TestServer {
  readonly app: FastifyInstance
  readonly ports: FakePorts
  readonly logged: Logged[]
  /** GET, as JSON. */
  readonly get: (url: string) => Promise<{ readonly status: number; readonly body: JsonAnswer }>
}

const silentWeeks = fakePorts({ now: NOW, from: NOW - 22 * 86_400_000 })

/** A server on fake ports whose time stands still; the ports are shared by the tests of a file. Close it yourself. */
export function openServer(change: Partial<ServerOptions> = {}, ports: Partial<ApiPorts> = {}): TestServer {
  const logged: Logged[] = []
  const log = (level: string) => (facts: object, message: string) => void logged.push({ level, facts, message })
  const fake = { ...silentWeeks, ...ports }
  const app = createServer(fake, {
    host: '127.0.0.1',
    token: null,
    version: '0.1.0',
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    ...change,
  })
  return {
    app,
    ports: fake,
    logged,
    get: async (url) => {
      const response = await app.inject({ method: 'GET', url })
      return { status: response.statusCode, body: response.json() }
    },
  }
}

/** As openServer, closed when the test ends. */
export function startServer(...options: Parameters<typeof openServer>): TestServer {
  const server = openServer(...options)
  onTestFinished(() => server.app.close())
  return server
}

/** One server for all tests of a file that change nothing. */
export function serverOfFile(): () => TestServer {
  let server: TestServer | null = null
  afterAll(() => server?.app.close())
  return () => {
    server ??= openServer()
    return server
  }
}
