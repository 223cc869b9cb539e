import { describe, expect, test } from 'vitest'
import { serverOfFile } from './start-server.ts'

const shared = serverOfFile()

interface Operation {
  readonly summary?: string
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly description?: string }>
  readonly responses: Readonly<Record<string, unknown>>
  readonly security?: unknown
}

async function openapi(): Promise<{
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}> {
  return (await shared().app.inject('/openapi.json')).json()
}

describe('the OpenAPI document', () => {
  test('describes every route of the API', async () => {
    const { paths, openapi: version } = await openapi()
    expect(version).toBe('3.0.3')
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/api/views',
        '/api/views/weather_hourly',
        '/api/views/weather_hourly/why',
        '/api/stations',
        '/api/stream',
        '/api/health',
        '/health',
        '/health/live',
        '/health/ready',
        '/metrics',
        '/api/dead-letters',
        '/api/dead-letters/retry',
        '/api/replays',
        '/subjects',
        '/subjects/{subject}/versions/{version}',
        '/schemas/ids/{id}',
      ]),
    )
    for (const [path, operations] of Object.entries(paths)) {
      for (const operation of Object.values(operations)) expect(operation.summary, path).toMatch(/\.|\?$/)
    }
  })

  test('says of every view by what it can be narrowed down, and what its columns mean', async () => {
    const { paths } = await openapi()
    const names = (path: string): string[] => paths[path]!.get!.parameters!.map(({ name }) => name)
    expect(names('/api/views/energies')).toEqual([
      'station',
      'city',
      'country',
      'from',
      'to',
      'limit',
      'after',
      'order',
      'format',
      'shape',
    ])
    expect(names('/api/views/stations')).toEqual([
      'station',
      'city',
      'country',
      'kind',
      'limit',
      'after',
      'order',
      'format',
      'shape',
    ])
    expect(names('/api/views/weather_hourly/why')).toEqual(['station_id', 'hour'])
    expect(JSON.stringify(paths['/api/views/daily_sensor_means'])).toContain('Mean PM2.5. (ug/m3)')
  })

  test('refers to nothing that is not there, and marks what needs the token', async () => {
    const document = await openapi()
    const text = JSON.stringify(document)
    for (const [, pointer] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = pointer!
        .split('/')
        .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document)
      expect(target, pointer).toBeDefined()
    }
    expect(document.paths['/api/dead-letters/retry']!.post!.security).toEqual([{ token: [] }])
    expect(document.paths['/api/replays']!.post!.security).toEqual([{ token: [] }])
    expect(document.paths['/api/replays']!.get!.security).toBeUndefined()
  })
})

describe('/docs', () => {
  test('loads nothing from another host', async () => {
    const { app } = shared()
    const page = await app.inject('/docs/')
    expect(page.statusCode).toBe(200)
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    expect(page.headers['content-security-policy']).not.toMatch(/https?:/)
    const initializer = await app.inject('/docs/static/swagger-initializer.js')
    expect(initializer.body).toContain('validatorUrl: null')
  })
})
