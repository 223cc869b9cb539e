import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WindrowError } from '../../src/core/errors.ts'
import { NOW, serverOfFile, startServer } from './start-server.ts'

interface Page {
  readonly view: string
  readonly columns: readonly string[]
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly next: string | null
}

const shared = serverOfFile()

function startViews(...args: Parameters<typeof startServer>) {
  const server = args.length === 0 ? shared() : startServer(...args)
  const rows = async (path: string): Promise<Page> => {
    const response = await server.app.inject({ method: 'GET', url: `/api/views/${path}` })
    expect(response.statusCode, response.body).toBe(200)
    return response.json()
  }
  const refused = async (path: string): Promise<{ status: number; code: string; message: string; remedy: string }> => {
    const response = await server.app.inject({ method: 'GET', url: `/api/views/${path}` })
    return { status: response.statusCode, ...response.json() }
  }
  return { ...server, rows, refused }
}

describe('GET /api/views', () => {
  test('declares every view with its key, its filters and the unit and meaning of each column', async () => {
    const { get } = startViews()
    const { views } = (await get('/api/views')).body as unknown as { views: Array<Record<string, unknown>> }
    expect(views.map(({ name }) => name)).toContain('daily_sensor_means')
    const view = views.find(({ name }) => name === 'daily_sensor_means')!
    expect(view).toMatchObject({
      kind: 'air',
      key: ['station_id', 'day'],
      time_column: 'day',
      filters: ['station', 'city', 'country', 'from', 'to'],
      stores: ['postgres', 'cassandra', 'influxdb'],
    })
    expect(view.columns).toContainEqual({
      name: 'pm25_mean',
      type: 'double',
      unit: 'ug/m3',
      doc: 'Mean PM2.5.',
      nullable: true,
      is_key: false,
    })
  })
})

describe('GET /api/views/:view', () => {
  test('gives rows by key, instants in ISO 8601', async () => {
    const { rows } = startViews()
    const page = await rows('weather_hourly?station=paris&from=2026-03-31&to=2026-03-31T02:00:00Z')
    expect(page.rows.map(({ hour }) => hour)).toEqual(['2026-03-31T00:00:00Z', '2026-03-31T01:00:00Z'])
    expect(page.rows[0]).toMatchObject({ station_id: 'paris', city: 'Paris', complete: true, revised_at: null })
    expect(page.next).toBeNull()
  })

  test('narrows down by station, city, country and kind', async () => {
    const { rows } = startViews()
    const cities = async (path: string): Promise<unknown[]> => [...new Set((await rows(path)).rows.map(({ city }) => city))]
    expect(await cities('weather_daily?city=Madrid')).toEqual(['Madrid'])
    expect(await cities('weather_daily?country=FR')).toEqual(['Paris'])
    expect((await rows('stations?kind=air')).rows).toHaveLength(2)
    expect((await rows('weather_daily?station=nowhere')).rows).toEqual([])
  })

  test('takes a zone as station', async () => {
    const { rows } = startViews()
    expect((await rows('energies?station=FR&limit=1')).rows[0]).toMatchObject({ zone_id: 'FR' })
  })

  test('bounds local days by their names, and by instants of where they begin', async () => {
    const { rows } = startViews()
    const days = async (bounds: string): Promise<unknown[]> =>
      (await rows(`weather_daily?station=paris&${bounds}`)).rows.map(({ day }) => day)
    expect(await days('from=2026-03-29&to=2026-03-31')).toEqual(['2026-03-29', '2026-03-30'])
    expect(await days('from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z')).toEqual(['2026-03-29'])
    expect(await days('from=2026-03-29T00:00:00%2B01:00&to=2026-03-29T22:00:00Z')).toEqual(['2026-03-29'])
    expect(await days('from=2026-03-29T00:00:00+01:00&to=2026-03-29T22:00:00Z')).toEqual(['2026-03-29'])
  })

  test('bounds months by days and months', async () => {
    const { rows } = startViews()
    const months = async (bounds: string): Promise<unknown[]> =>
      (await rows(`weather_monthly?station=paris&${bounds}`)).rows.map(({ month }) => month)
    expect(await months('from=2026-03&to=2026-04')).toEqual(['2026-03'])
    expect(await months('from=2026-03-02&to=2026-04-02')).toEqual(['2026-04'])
  })

  test('gives the newest first when asked', async () => {
    const { rows } = startViews()
    const page = await rows('weather_hourly?order=newest&limit=4')
    expect(page.rows.map(({ station_id, hour }) => `${station_id} ${hour}`)).toEqual([
      'paris 2026-04-01T08:00:00Z',
      'madrid 2026-04-01T08:00:00Z',
      'paris 2026-04-01T07:00:00Z',
      'madrid 2026-04-01T07:00:00Z',
    ])
  })

  test('pages without missing or repeating a row, whatever the size and the order', async () => {
    const { rows } = startViews()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 7, max: 90 }), fc.constantFrom('key', 'newest'), async (limit, order) => {
        const whole = await rows(`weather_daily?limit=all&order=${order}`)
        const pieces: unknown[] = []
        let after: string | null = null
        do {
          const page: Page = await rows(
            `weather_daily?limit=${limit}&order=${order}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`,
          )
          pieces.push(...page.rows)
          after = page.next
        } while (after !== null)
        expect(pieces).toEqual(whole.rows)
      }),
      { numRuns: 12 },
    )
  })

  test('has 1000 rows of JSON unless asked otherwise, and says where to go on', async () => {
    const { rows } = startViews()
    const page = await rows('energies')
    expect(page.rows).toHaveLength(1000)
    expect(page.next).toBe(`["FR","${String(page.rows.at(-1)!.timestamp)}"]`)
    expect((await rows('energies?limit=all')).rows.length).toBeGreaterThan(2000)
  })

  test('gives arrays when asked, in the order of the columns', async () => {
    const { rows } = startViews()
    const [objects, arrays] = [await rows('weather_daily?limit=3'), await rows('weather_daily?limit=3&shape=arrays')]
    expect(arrays.rows).toEqual(objects.rows.map((row) => objects.columns.map((column) => row[column])))
  })
})

describe('CSV of a view', () => {
  test('has all rows, a header of column names, null empty, booleans in words, doubles that read back the same', async () => {
    const { app, rows } = startViews()
    const response = await app.inject({ method: 'GET', url: '/api/views/daily_sensor_means?station=283164601&format=csv' })
    expect(response.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
    expect(response.headers['content-disposition']).toBe('attachment; filename="daily_sensor_means_283164601.csv"')
    const records = parse<Record<string, string>>(response.body, { columns: true })
    const json = await rows('daily_sensor_means?station=283164601&limit=all')
    expect(Object.keys(records[0]!)).toEqual(json.columns)
    expect(records).toHaveLength(json.rows.length)
    json.rows.forEach((row, index) => {
      for (const column of json.columns) expect(records[index]![column]).toBe(row[column] === null ? '' : String(row[column]))
    })
    expect(records.map(({ pm25_mean }) => Number(pm25_mean))).toEqual(json.rows.map(({ pm25_mean }) => pm25_mean))
  })

  test('is written while it is read: the first rows leave before the last ones exist', async () => {
    let fetched = 0
    const all = startViews().ports.queryView
    const slow = startServer(
      {},
      {
        async *queryView(query) {
          for await (const batch of all(query)) {
            for (let i = 0; i < batch.length; i += 100) {
              fetched += 1
              yield batch.slice(i, i + 100)
            }
          }
        },
      },
    )
    const response = await slow.app.inject({ method: 'GET', url: '/api/views/energies?format=csv', payloadAsStream: true })
    const chunks = response.stream()[Symbol.asyncIterator]()
    await chunks.next()
    expect(fetched).toBeLessThan(15)
    let rest = 0
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) rest += 1
    expect(rest).toBeGreaterThan(3)
    expect(fetched).toBeGreaterThan(20)
  })

  test('has a file name that no parameter can break out of', async () => {
    const { app } = startViews()
    const response = await app.inject({
      method: 'GET',
      url: `/api/views/energies?format=csv&station=${encodeURIComponent('"; x=\r\n../é')}`,
    })
    expect(response.headers['content-disposition']).toBe('attachment; filename="energies_-x-..-.csv"')
  })
})

describe('wrong use of a view', () => {
  test('names the views where there is none of that name', async () => {
    const { refused } = startViews()
    expect(await refused('weather_weekly')).toMatchObject({
      status: 404,
      code: 'WR_VIEW_UNKNOWN',
      remedy: expect.stringContaining('weather_daily'),
    })
    expect(await refused('weather_weekly/why?x=1')).toMatchObject({ status: 404, code: 'WR_VIEW_UNKNOWN' })
  })

  test.each([
    ['weather_daily?stattion=paris', 'There is no parameter "stattion" here.'],
    ['weather_daily?kind=weather', 'There is no parameter "kind" here.'],
    ['stations?from=2026-01-01', 'There is no parameter "from" here.'],
    ['weather_daily?limit=0', 'The parameter "limit" must match pattern'],
    ['weather_daily?limit=-1', 'The parameter "limit" must match pattern'],
    ['weather_daily?format=xml', 'The parameter "format" must be equal to one of the allowed values.'],
    ['weather_daily?from=yesterday', 'from="yesterday" is neither a day, a month nor an instant.'],
    ['weather_daily?from=2026-02-30', 'from="2026-02-30" is neither a day, a month nor an instant.'],
    ['weather_daily?to=2026-01-01T00:00:00', 'to="2026-01-01T00:00:00" is neither a day, a month nor an instant.'],
    ['weather_daily?after=nonsense', 'nonsense is not the key of a row of weather_daily'],
    ['weather_daily?after=%5B%22paris%22%5D', 'is not the key of a row of weather_daily'],
    ['weather_daily/why?station_id=paris', 'must have required property'],
    ['weather_daily/why?station_id=paris&day=31.3.2026', 'day="31.3.2026" is not a day, for instance 2025-01-01.'],
  ])('%s is refused with what is wrong', async (path, message) => {
    const { refused } = startViews()
    expect(await refused(path)).toMatchObject({
      status: 400,
      code: expect.stringMatching(/^WR_/),
      message: expect.stringContaining(message),
      remedy: expect.any(String),
    })
  })
})

describe('failures behind a view', () => {
  const failing = (error: Error) => ({
    queryView: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }),
  })

  test('leave as {code, message, remedy} with a status, before any row was sent', async () => {
    const away = new WindrowError('WR_POSTGRES_AWAY' as 'WR_X', {
      message: 'Postgres does not answer.',
      remedy: 'Start it.',
      canRetry: true,
    })
    const { app } = startViews({}, failing(away))
    const response = await app.inject({ method: 'GET', url: '/api/views/energies' })
    expect(response.statusCode).toBe(503)
    expect(response.headers['retry-after']).toBe('5')
    expect(response.json()).toEqual({ code: 'WR_POSTGRES_AWAY', message: 'Postgres does not answer.', remedy: 'Start it.' })
  })

  test('of an unknown kind tell nothing of the inside, and are logged with their cause', async () => {
    const { app, logged } = startViews({}, failing(new Error('password=hunter2')))
    const response = await app.inject({ method: 'GET', url: '/api/views/energies?format=csv' })
    expect(response.statusCode).toBe(500)
    expect(response.json()).toMatchObject({ code: 'WR_API_FAILED', remedy: expect.any(String) })
    expect(response.body).not.toContain('hunter2')
    expect(logged).toMatchObject([{ level: 'error', facts: { err: { message: 'password=hunter2' } } }])
  })
})

describe('GET /api/views/:view/why', () => {
  test('tells the window, the readings that made the row, and what became of each', async () => {
    const { get } = startViews()
    const { status, body } = await get('/api/views/daily_sensor_means/why?station_id=283181971&day=2026-03-29')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      view: 'daily_sensor_means',
      key: { station_id: '283181971', day: '2026-03-29' },
      row: { station_id: '283181971', n: 23, expected: 23 },
      window: { start: '2026-03-28T23:00:00Z', end: '2026-03-29T22:00:00Z', time_zone: 'Europe/Rome' },
      complete: true,
      waiting_for: null,
      n: 23,
    })
    const fates = (body.readings as unknown as Array<{ fate: string }>).map(({ fate }) => fate)
    expect(fates.filter((fate) => fate === 'superseded')).toHaveLength(1)
    expect(body.readings?.[0]).toMatchObject({
      timestamp: '2026-03-28T23:00:00Z',
      topic: 'air.readings',
      partition: 0,
      values: expect.arrayContaining([{ field: 'co', value: expect.any(Number), unit: 'mg/m3' }]),
    })
  })

  test('tells what an open window waits for, keys being instants or days', async () => {
    const { get } = startViews()
    const { body } = await get('/api/views/daily_energy_summary/why?zone_id=FR&day=2026-04-01')
    expect(body).toMatchObject({
      complete: false,
      waiting_for: expect.stringContaining('2026-04-01T22:00:00Z'),
      watermark: '2026-04-01T09:15:00Z',
    })
    const hour = await get(
      `/api/views/weather_hourly/why?station_id=paris&hour=${new Date(NOW - 5 * 3_600_000).toISOString().slice(0, 13)}:00:00Z`,
    )
    expect(hour.body).toMatchObject({ n: 1, expected: 1 })
  })

  test('answers for a key that no row has', async () => {
    const { get } = startViews()
    expect((await get('/api/views/weather_daily/why?station_id=nowhere&day=2026-04-01')).body).toMatchObject({
      row: null,
      readings: [],
    })
  })
})

describe('GET /api/stations', () => {
  test('lists stations and zones with their place, zone and cadence', async () => {
    const { get } = startViews()
    const { body } = await get('/api/stations?kind=energy')
    expect(body).toMatchObject({
      stations: [
        {
          kind: 'energy',
          station_id: 'FR',
          time_zone: 'Europe/Paris',
          interval_minutes: 15,
          last_reading: '2026-04-01T09:00:00Z',
        },
      ],
    })
    expect((await get('/api/stations?city=Firenze&country=IT')).body.stations).toHaveLength(1)
  })
})
