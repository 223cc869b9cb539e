import { describe, expect, test } from 'vitest'
import { influxSink } from '../../../src/sinks/influxdb/influx-sink.ts'
import { weatherHourlyView } from '../../../src/views/weather.ts'
import { type FakeAnswer, type FakeHandler, type FakeRequest, fakeInflux, healthyAnswer } from './fake-influx.ts'

async function open(handler: FakeHandler): Promise<readonly FakeRequest[]> {
  const { url, requests } = await fakeInflux(handler)
  const sink = influxSink({ url, token: 't', org: 'home', bucket: 'views' })
  try {
    await sink.open([weatherHourlyView])
  } finally {
    await sink.close()
  }
  return requests
}

const refuse = { status: 500 }
const healthy = (request: FakeRequest): FakeAnswer => healthyAnswer(request) ?? refuse
const bucketRule = (rule: object): FakeAnswer => ({
  body: { buckets: [{ id: '1', name: 'views', retentionRules: [{ type: 'expire', ...rule }] }] },
})

describe('a bucket is prepared', () => {
  test('where all is as it should be nothing is changed', async () => {
    const requests = await open(healthy)
    expect(requests.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/query'))).toEqual([
      expect.objectContaining({ body: '', path: expect.stringContaining('/api/v2/write') }),
    ])
  })

  test.each([
    ['1.8.10', 'WR_INFLUX_VERSION'],
    ['v3.0.1', 'WR_INFLUX_VERSION'],
    ['3.0.0-core', 'WR_INFLUX_VERSION'],
    ['', 'WR_INFLUX_VERSION'],
    ['dev', 'WR_INFLUX_VERSION'],
  ])('a server of version %s is refused', async (version, code) => {
    const opening = open((request) =>
      request.path === '/ping' ? { status: 204, headers: { 'x-influxdb-version': version } } : healthy(request),
    )
    await expect(opening).rejects.toMatchObject({ code, kind: 'usage', remedy: expect.stringContaining('INFLUX_URL') })
  })

  test('a web server that is no InfluxDB is told from one', async () => {
    const page = { status: 200, headers: { 'content-type': 'text/html' } }
    await expect(open(() => page)).rejects.toMatchObject({ code: 'WR_INFLUX_VERSION' })
    await expect(open(() => ({ ...page, status: 404 }))).rejects.toMatchObject({ code: 'WR_INFLUX_NOT_FOUND' })
  })

  test('a bucket that forgets is refused, with what helps', async () => {
    const opening = open((request) =>
      request.method === 'GET' && request.path.startsWith('/api/v2/buckets')
        ? bucketRule({ everySeconds: 86_400 })
        : healthy(request),
    )
    await expect(opening).rejects.toMatchObject({
      code: 'WR_INFLUX_RETENTION',
      message: expect.stringContaining('24 hours'),
      remedy: expect.stringContaining('--retention 0'),
    })
  })

  test('a missing bucket is made, for ever and with long shards', async () => {
    const requests = await open((request) => {
      if (request.method === 'GET' && request.path.startsWith('/api/v2/buckets')) {
        return { status: 404, body: { code: 'not found', message: 'bucket "views" not found' } }
      }
      if (request.path.startsWith('/api/v2/orgs')) return { body: { orgs: [{ id: '0a', name: 'home' }] } }
      if (request.path === '/api/v2/buckets') return { status: 201, body: { id: '1', ...JSON.parse(request.body) } }
      return healthy(request)
    })
    const made = requests.find(({ method, path }) => method === 'POST' && path === '/api/v2/buckets')
    const rule = { type: 'expire', everySeconds: 0, shardGroupDurationSeconds: 182 * 86_400 }
    expect(JSON.parse(made?.body ?? '')).toMatchObject({ orgID: '0a', name: 'views', retentionRules: [rule] })
  })

  test('a missing bucket that the token may not make is told with what helps', async () => {
    const opening = open((request) => {
      if (request.method === 'GET' && request.path.startsWith('/api/v2/buckets')) return { body: { buckets: [] } }
      if (request.path.startsWith('/api/v2/orgs')) return { body: { orgs: [] } }
      return request.path === '/api/v2/buckets'
        ? { status: 401, body: { code: 'unauthorized', message: 'write:orgs/x/buckets is unauthorized' } }
        : healthy(request)
    })
    await expect(opening).rejects.toMatchObject({
      code: 'WR_INFLUX_BUCKET',
      remedy: expect.stringContaining('influx bucket create'),
    })
  })

  test.each<[{ readonly error?: boolean; readonly isUsed?: boolean }, boolean]>([
    [{}, true],
    [{ error: true }, true],
    [{ isUsed: true }, false],
  ])('short shards of a bucket that somebody made are lengthened while it is empty (%o)', async ({ error, isUsed }, asked) => {
    const requests = await open((request) => {
      if (request.method === 'PATCH') return error === true ? { status: 403, body: { message: 'no' } } : { body: {} }
      if (request.method === 'GET' && request.path.startsWith('/api/v2/buckets')) {
        return bucketRule({ everySeconds: 0, shardGroupDurationSeconds: 7 * 86_400 })
      }
      const isMeasurements = request.path.startsWith('/query') && request.body.includes('MEASUREMENTS')
      const series = [{ name: 'measurements', columns: ['name'], values: [['cpu']] }]
      return isMeasurements && isUsed === true ? { body: { results: [{ statement_id: 0, series }] } } : healthy(request)
    })
    expect(requests.some(({ method }) => method === 'PATCH')).toBe(asked)
  })

  test('a token that may not write is told so before anything is written', async () => {
    const opening = open((request) =>
      request.path.startsWith('/api/v2/write')
        ? { status: 403, body: { message: 'insufficient permissions' } }
        : healthy(request),
    )
    await expect(opening).rejects.toMatchObject({ code: 'WR_INFLUX_FORBIDDEN' })
  })

  test("a field of somebody else's is told before anything is written", async () => {
    const series = [
      {
        name: 'weather_hourly',
        columns: ['fieldKey', 'fieldType'],
        values: [
          ['n', 'float'],
          ['mine', 'string'],
        ],
      },
    ]
    const opening = open((request) =>
      request.body.includes('FIELD') ? { body: { results: [{ statement_id: 0, series }] } } : healthy(request),
    )
    await expect(opening).rejects.toMatchObject({
      code: 'WR_INFLUX_TYPE_CONFLICT',
      message: expect.stringContaining('weather_hourly.n'),
    })
  })
})
