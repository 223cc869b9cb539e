import { expect, test } from 'vitest'
import { InfluxClient } from '../../../src/sinks/influxdb/influx-client.ts'
import { mayBeUnderWay } from '../../../src/sinks/influxdb/influx-errors.ts'
import { type FakeAnswer, type FakeHandler, fakeInflux } from './fake-influx.ts'

const TOKEN = 'a-token-that-nobody-may-see'

async function clientOf(handler: FakeHandler, timeoutMs = 5_000, monotonic?: () => number) {
  const fake = await fakeInflux(handler)
  const options = { url: fake.url, token: TOKEN, org: 'our org', bucket: 'views', timeoutMs }
  return { client: new InfluxClient(monotonic === undefined ? options : { ...options, monotonic }), fake }
}

/** The error of a write that is answered so. */
async function errorOf(answer: FakeAnswer | 'reset' | 'silence', timeoutMs?: number): Promise<unknown> {
  const { client } = await clientOf(() => answer, timeoutMs)
  const error: unknown = await client.write(['m f=1 1']).catch((reason: unknown) => reason)
  client.close()
  return error
}

const says = (message: string) => ({ code: 'some', message })

test('a write is one request, with the token, the bucket, the organisation and times in milliseconds', async () => {
  const { client, fake } = await clientOf(() => ({ status: 204 }))
  await client.write(['m f=1 1', 'm f=2 2'])
  expect(fake.requests).toEqual([
    {
      method: 'POST',
      path: '/api/v2/write?org=our%20org&bucket=views&precision=ms',
      body: 'm f=1 1\nm f=2 2',
      authorization: `Token ${TOKEN}`,
    },
  ])
})

test('a delete names the measurement, the tags and both ends of the time', async () => {
  const { client, fake } = await clientOf(() => ({ status: 204 }))
  await client.remove({ measurement: 'm', tags: [['station_id', 'a "b" \\c']], from: 0, to: 1_500 })
  expect(JSON.parse(fake.requests[0]?.body ?? '')).toEqual({
    start: '1970-01-01T00:00:00.000Z',
    stop: '1970-01-01T00:00:01.500999999Z',
    predicate: '_measurement="m" AND station_id="a \\"b\\" \\\\c"',
  })
})

test.each([
  [{ status: 401, body: says('unauthorized access') }, 'WR_INFLUX_TOKEN', false],
  [{ status: 403, body: says('insufficient permissions for write') }, 'WR_INFLUX_FORBIDDEN', false],
  [{ status: 404, body: says('bucket "views" not found') }, 'WR_INFLUX_NOT_FOUND', false],
  [{ status: 400, body: says("unable to parse 'm f=': missing field value") }, 'WR_ROW_REFUSED', false],
  [{ status: 422, body: says('partial write: points beyond retention policy dropped=1') }, 'WR_INFLUX_RETENTION', false],
  [{ status: 413, body: says('too large') }, 'WR_ROW_REFUSED', false],
  [{ status: 429, body: says('slow down') }, 'WR_INFLUX_BUSY', true],
  [{ status: 503, body: says('engine closed') }, 'WR_INFLUX_BUSY', true],
  [{ status: 504 }, 'WR_INFLUX_BUSY', true],
  [{ status: 500, body: says('internal error') }, 'WR_INFLUX_REFUSED', true],
  [{ status: 302, headers: { location: '/login' } }, 'WR_INFLUX_REFUSED', false],
  ['reset' as const, 'WR_INFLUX_AWAY', true],
])('what is answered with %o is %s', async (answer, code, canRetry) => {
  const error = await errorOf(answer)
  expect(error).toMatchObject({ code, canRetry })
  expect(mayBeUnderWay(error)).toBe(canRetry)
  expect(String(error) + JSON.stringify(error)).not.toContain(TOKEN)
})

test('a field of another type is named, with what helps', async () => {
  const message =
    'failure writing points to database: partial write: field type conflict: input field "n" on measurement "air_hourly" is type integer, already exists as type float dropped=1'
  expect(await errorOf({ status: 422, body: says(message) })).toMatchObject({
    code: 'WR_INFLUX_TYPE_CONFLICT',
    message: expect.stringContaining('air_hourly.n'),
    facts: { measurement: 'air_hourly', field: 'n', ours: 'integer', theirs: 'float' },
    remedy: expect.stringContaining('INFLUX_BUCKET'),
  })
})

test('a server that never answers is given up after the time-out', async () => {
  const error = await errorOf('silence', 40)
  expect(error).toMatchObject({ code: 'WR_INFLUX_TIMEOUT', canRetry: true, tooMuchAtOnce: true })
  expect(mayBeUnderWay(error)).toBe(true)
})

test('a server that nobody runs is away, and has certainly got nothing', async () => {
  const client = new InfluxClient({ url: 'http://u:hunter2@127.0.0.1:1/', token: TOKEN, org: 'o', bucket: 'b' })
  const error: unknown = await client.write(['m f=1 1']).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'WR_INFLUX_AWAY', canRetry: true })
  expect(mayBeUnderWay(error)).toBe(false)
  expect(String(error) + JSON.stringify(error) + client.describe()).not.toMatch(/hunter2|a-token/)
})

test('what is too large for one request is halved until it is not', async () => {
  const { client, fake } = await clientOf(({ body }) => ({ status: body.length > 20 ? 413 : 204 }))
  const lines = ['m f=1 1', 'm f=2 2', 'm f=3 3', 'm f=4 4', 'm f=5 5']
  await client.write(lines)
  const taken = fake.requests.filter(({ body }) => body.length <= 20).map(({ body }) => body)
  expect(taken.join('\n')).toBe(lines.join('\n'))
})

test('a server that says when it wants to be asked again is not asked before', async () => {
  let now = 0
  let isBusy = true
  const { client, fake } = await clientOf(
    () => (isBusy ? { status: 429, headers: { 'retry-after': '7' } } : { status: 204 }),
    5_000,
    () => now,
  )
  const write = (): Promise<void> => client.write(['m f=1 1'])
  await expect(write()).rejects.toMatchObject({ code: 'WR_INFLUX_BUSY', facts: { status: 429 } })
  isBusy = false
  now = 5_000
  await expect(write()).rejects.toMatchObject({ code: 'WR_INFLUX_BUSY', canRetry: true })
  expect(fake.requests).toHaveLength(1)
  now = 7_001
  await write()
  expect(fake.requests).toHaveLength(2)
})

test('what a query finds comes piece by piece, and an error in the answer is one', async () => {
  const series = { name: 'm', columns: ['time', 'f'], values: [[1, 2]] }
  const { client, fake } = await clientOf(() => ({ body: { results: [{ statement_id: 0, series: [series] }] } }))
  const found = []
  for await (const table of client.query(['SELECT 1', 'SELECT 2'])) found.push(table)
  expect(found).toEqual([{ statement: 0, tags: {}, ...series }])
  expect(fake.requests[0]?.body).toBe('q=SELECT%201%3BSELECT%202')
  const { client: other } = await clientOf(() => ({ body: { results: [{ statement_id: 0, error: 'timeout' }] } }))
  await expect(other.query(['SELECT 1']).next()).rejects.toMatchObject({ code: 'WR_INFLUX_QUERY', canRetry: true })
  const { client: blind } = await clientOf(() => ({ body: { results: [{ statement_id: 0, error: 'database not found: x' }] } }))
  await expect(blind.query(['SELECT 1']).next()).rejects.toMatchObject({ code: 'WR_INFLUX_FORBIDDEN', canRetry: false })
})

test('who stops reading an answer in the middle leaves nothing behind, and a closed client asks nothing', async () => {
  const series = { name: 'm', columns: ['time', 'f'], values: [[1, 2]] }
  const { client } = await clientOf(() => ({ body: { results: [{ statement_id: 0, series: [series, series] }] } }))
  for await (const { name } of client.query(['SELECT 1'])) {
    expect(name).toBe('m')
    break
  }
  client.close()
  await expect(client.write(['m f=1 1'])).rejects.toMatchObject({ code: 'WR_INFLUX_CLOSED' })
  await expect(client.query(['SELECT 1']).next()).rejects.toMatchObject({ code: 'WR_INFLUX_CLOSED' })
})
