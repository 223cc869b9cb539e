import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/api/listen.ts'
import type { ApiPorts, StreamBatch } from '../../src/api/ports.ts'
import type { ServerOptions } from '../../src/api/server.ts'
import { weatherHourlyView } from '../../src/views/weather.ts'
import { type EventReader, type ReadEvent, readEvents } from './event-reader.ts'
import { fakePorts } from './fake-ports.ts'
import { NOW, startServer } from './start-server.ts'

const HOUR = 3_600_000

interface Rows {
  readonly view: string
  readonly rows: ReadonlyArray<{ readonly key: readonly string[]; readonly row: Readonly<Record<string, unknown>> | null }>
}

async function startStream(options: Partial<ServerOptions> = {}, change: Partial<ApiPorts> = {}) {
  const ports = fakePorts({ now: NOW, from: NOW - 2 * 24 * HOUR })
  const { app } = startServer(options, { ...ports, ...change })
  const { url, port } = await listen(app, { host: '127.0.0.1', port: 0 })
  const open = async (query: string, lastEventId: string | null = null): Promise<EventReader> => {
    const reader = await readEvents(`${url}/api/stream?${query}`, lastEventId)
    onTestFinished(() => reader.close())
    return reader
  }
  return { app, ports, url, port, open }
}

const rowsOf = (event: ReadEvent | null): Rows => {
  expect(event?.event).toBe('rows')
  return event!.data as Rows
}

describe('GET /api/stream', () => {
  test('tells rows as they change, as every other route has them', async () => {
    const { ports, open } = await startStream()
    const reader = await open('view=weather_hourly')
    ports.advance(NOW + HOUR)
    const { view, rows } = rowsOf(await reader.next())
    expect(view).toBe('weather_hourly')
    expect(rows.map(({ key }) => key)).toEqual(
      expect.arrayContaining([
        ['paris', '2026-04-01T09:00:00Z'],
        ['madrid', '2026-04-01T09:00:00Z'],
      ]),
    )
    expect(rows.find(({ key }) => key[0] === 'paris')!.row).toMatchObject({
      station_id: 'paris',
      hour: '2026-04-01T09:00:00Z',
      n: 1,
      revised_at: null,
    })
  })

  test('tells of some stations only when asked', async () => {
    const { ports, open } = await startStream()
    const reader = await open('view=weather_hourly&view=air_hourly&station=madrid&station=283164601')
    ports.advance(NOW + HOUR)
    const events = [rowsOf(await reader.next()), rowsOf(await reader.next())]
    expect(events.flatMap(({ rows }) => rows.map(({ key }) => key[0])).sort()).toEqual(['283164601', 'madrid'])
  })

  test('tells of one station only when asked, and of a row that is gone', async () => {
    const { ports, open } = await startStream()
    const reader = await open('view=weather_hourly&station=madrid')
    ports.advance(NOW + HOUR)
    expect(rowsOf(await reader.next()).rows.map(({ key }) => key[0])).toEqual(['madrid'])
    ports.remove('weather_hourly', ['paris', Date.parse('2026-04-01T08:00:00Z')])
    ports.remove('weather_hourly', ['madrid', Date.parse('2026-04-01T08:00:00Z')])
    expect(rowsOf(await reader.next()).rows).toEqual([{ key: ['madrid', '2026-04-01T08:00:00Z'], row: null }])
  })

  test('follows several views over one connection', async () => {
    const { ports, open } = await startStream()
    const reader = await open('view=energies&view=daily_energy_summary')
    ports.advance(NOW + HOUR)
    const views = [rowsOf(await reader.next()).view, rowsOf(await reader.next()).view]
    expect(views.sort()).toEqual(['daily_energy_summary', 'energies'])
  })

  test('hands the position of the last event back to each view, and passes a reset on', async () => {
    const asked: Array<readonly [string, string | null]> = []
    const { open } = await startStream(
      {},
      {
        async *streamView({ view, after, signal }): AsyncGenerator<StreamBatch> {
          asked.push([view.name, after])
          if (after !== null) yield { type: 'reset', position: 'g2:0' }
          else if (view === weatherHourlyView)
            yield { type: 'rows', position: 'g1:7&=', rows: [{ key: ['paris', NOW], cells: null }] }
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        },
      },
    )
    const first = await (await open('view=weather_hourly')).next()
    const again = await open('view=weather_hourly&view=weather_daily', first!.id)
    const second = await again.next()
    expect(asked).toEqual([
      ['weather_hourly', null],
      ['weather_hourly', 'g1:7&='],
      ['weather_daily', null],
    ])
    expect(second).toMatchObject({
      event: 'reset',

      data: { view: 'weather_hourly' },
    })
  })

  test('sends heartbeats while nothing happens', async () => {
    const { open } = await startStream({ heartbeatMs: 20 })
    const reader = await open('view=energies')
    expect([(await reader.nextOfAnyKind())?.event, (await reader.nextOfAnyKind())?.event]).toEqual(['heartbeat', 'heartbeat'])
  })

  test('refuses a view that there is not, and more clients than it can serve', async () => {
    const { open } = await startStream({ maxStreams: 1 })
    await expect(open('view=nothing')).rejects.toThrow('404 {"code":"WR_VIEW_UNKNOWN"')
    await expect(open('station=paris')).rejects.toThrow('400 {"code":"WR_API_PARAMETER"')
    const reader = await open('view=energies')
    await expect(open('view=energies')).rejects.toThrow('503 {"code":"WR_API_STREAMS"')
    reader.close()
    await expect
      .poll(() =>
        open('view=energies').then(
          () => 'served',
          () => 'refused',
        ),
      )
      .toBe('served')
  })

  test('ends its streams at once when the server closes, and those of the ports with them', async () => {
    let ended = 0
    const { app, open } = await startStream(
      {},
      {
        async *streamView({ signal }): AsyncGenerator<StreamBatch> {
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          ended += 1
        },
      },
    )
    const reader = await open('view=energies&view=weather_hourly')
    const closed = app.close()
    expect(await reader.next()).toBeNull()
    await closed
    expect(ended).toBe(2)
  })

  test('a failure of a view ends the stream, so that the client comes again', async () => {
    const { open } = await startStream(
      {},
      {
        // biome-ignore lint/correctness/useYield: fails before it has anything
        async *streamView(): AsyncGenerator<StreamBatch> {
          throw new Error('the log is gone')
        },
      },
    )
    const reader = await open('view=energies')
    await expect(reader.next()).rejects.toThrow()
  })
})

describe('a client that takes nothing', () => {
  const cells = weatherHourlyView.columns.map(({ type }) =>
    type === 'text' ? 'x'.repeat(50) : type === 'instant' || type === 'count' ? 1 : null,
  )
  const batch = (position: number): StreamBatch => ({
    type: 'rows',
    position: String(position),
    rows: Array.from({ length: 500 }, (_, index) => ({ key: [`s${index}`, NOW], cells })),
  })

  test('makes the stream wait instead of filling memory, and is dropped in the end', async () => {
    let pulled = 0
    let aborted = false
    const { port } = await startStream(
      { stallMs: 400 },
      {
        async *streamView({ signal }): AsyncGenerator<StreamBatch> {
          signal.addEventListener('abort', () => {
            aborted = true
          })
          while (!signal.aborted) {
            pulled += 1
            yield batch(pulled)
          }
        },
      },
    )
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.pause()
    socket.write('GET /api/stream?view=weather_hourly HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await expect.poll(() => aborted, { timeout: 5000 }).toBe(true)
    // Some megabytes fit into the kernel's buffers; a batch has 200 kB, and thousands were there to be had.
    expect(pulled).toBeGreaterThan(1)
    expect(pulled).toBeLessThan(200)
  })
})
