import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { InfluxClient, InfluxOptions } from '../../../src/sinks/influxdb/influx-client.ts'
import { influxSink } from '../../../src/sinks/influxdb/influx-sink.ts'
import { fitsTag } from '../../../src/sinks/influxdb/line-text.ts'
import { writeInfluxPipelineHealth } from '../../../src/sinks/influxdb/pipeline-health-points.ts'
import { pointPlan } from '../../../src/sinks/influxdb/point-plan.ts'
import { PointWriter } from '../../../src/sinks/influxdb/point-writer.ts'
import { prepareBucket } from '../../../src/sinks/influxdb/prepare-bucket.ts'
import type { SinkRow } from '../../../src/sinks/sink.ts'
import type { Cell } from '../../../src/views/view.ts'
import { put, T0, conformanceView as view } from '../../conformance/sink-setting.ts'
import { byKey, PATIENCE_MS, rowKeyOf, sinkWorld } from '../../conformance/sink-world.ts'
import { readRows } from './read-rows.ts'
import { canStart, testServer } from './server.ts'

const rowOf = (cells: readonly Cell[], isNew = false): SinkRow => ({
  key: rowKeyOf(view, cells),
  keyCells: cells.slice(0, 2),
  cells,
  offset: 0,
  value: null,
  isNew,
})
const goneOf = (cells: readonly Cell[]): SinkRow => ({ ...rowOf(cells), cells: null })

describe.runIf(canStart)('points in InfluxDB', () => {
  const services = testServer()
  let options: InfluxOptions
  let client: InfluxClient

  beforeAll(async () => {
    options = services.newOptions()
    client = services.client(options)
    await prepareBucket(client, [view])
  })

  async function emptyClient(): Promise<InfluxClient> {
    const empty = services.client(services.newOptions())
    await prepareBucket(empty, [view])
    return empty
  }

  test('that were acknowledged are there: 100,000 of them, sent as fast as it goes, and the rest not', async () => {
    const own = await emptyClient()
    const batches = Array.from({ length: 20 }, (_, batch) =>
      Array.from({ length: 5_000 }, (_, i) => `many,station_id=s${i % 50} n=${i}i ${batch * 5_000 + i}`),
    )
    await Promise.all(batches.map((lines) => own.write(lines)))
    await expect(own.write(['many,station_id=s0 n=1i 999999', 'many,station_id=s0 n=broken 999998'])).rejects.toMatchObject({
      code: 'WR_ROW_REFUSED',
    })
    for await (const { values } of own.query(['SELECT count("n") FROM "many"'])) expect(values[0]?.[1]).toBe(100_000)
  })

  test('come back as they were, and go when they are deleted, whatever their texts and numbers are', async () => {
    const own = await emptyClient()
    const station = fc
      .oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('\\', ',', '=', ' ', '"', "'", '$', 'a', '\u0085') }),
      )
      .filter(fitsTag)
    const stations = fc.uniqueArray(station, { minLength: 40, maxLength: 40 })
    const cities = fc.array(fc.option(fc.string({ unit: 'binary' })), { minLength: 40, maxLength: 40 })
    const doubles = fc.array(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (x === 0 ? 0 : x)),
      { minLength: 40, maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(stations, cities, doubles, fc.maxSafeNat(), async (names, places, means, n) => {
        const writer = new PointWriter(own, pointPlan(view), 100)
        const rows = names.map((name, i): Cell[] => [name, i, places[i] ?? null, means[i] ?? null, n - (n > i ? i : 0), true])
        await writer.write(rows.map((cells) => rowOf(cells, true)))
        expect(byKey(view, await readRows(own, view))).toEqual(byKey(view, rows))
        const other = new PointWriter(own, pointPlan(view), 100)
        await other.write(rows.map(([name, at], i) => rowOf([name as string, at as number, null, null, i, false])))
        const bare = rows.map(([name, at], i): Cell[] => [name as string, at as number, null, null, i, false])
        expect(byKey(view, await readRows(own, view))).toEqual(byKey(view, bare))
        await other.write(rows.map(goneOf))
        expect(await readRows(own, view)).toEqual([])
      }),
      { numRuns: 5 },
    )
  })

  test('of another city take the place of the old ones, and a field that became null is gone', async () => {
    const own = await emptyClient()
    const writer = new PointWriter(own, pointPlan(view), 100)
    const row = (city: string | null, mean: number | null, at = 0): Cell[] => ['s', at, city, mean, 1, true]
    await writer.write([rowOf(row('Paris', 1), true), rowOf(row('Paris', 1, 5), true)])
    for (const next of [row('Lyon', 2), row(null, 2), row(null, null), row('', 3), row('two\nlines', null), row('Paris', 1)]) {
      await writer.write([rowOf(next)])
      expect(await readRows(own, view)).toEqual(expect.arrayContaining([next, row('Paris', 1, 5)]))
      expect(await readRows(own, view)).toHaveLength(2)
    }
  })

  test('that are deleted in numbers leave those between them', async () => {
    const own = await emptyClient()
    const rows = Array.from({ length: 200 }, (_, i): Cell[] => [`s${i % 2}`, i, 'c', i, i, false])
    await new PointWriter(own, pointPlan(view), 100).write(rows.map((cells) => rowOf(cells, true)))
    const isGone = (i: number): boolean => i % 10 < 6 && i !== 42
    const revised = rows.map(([name, at], i): Cell[] => [name as string, at as number, 'c', null, i, true])
    const changed = rows.flatMap((cells, i) => (isGone(i) ? [goneOf(cells)] : i % 10 === 8 ? [rowOf(revised[i] as Cell[])] : []))
    await new PointWriter(own, pointPlan(view), 100).write(changed)
    const left = rows.flatMap((cells, i) => (isGone(i) ? [] : i % 10 === 8 ? [revised[i] as Cell[]] : [cells]))
    expect(byKey(view, await readRows(own, view))).toEqual(byKey(view, left))
  })

  test('of how the pipeline is: one a minute', async () => {
    const health = {
      part: 'sink',
      name: 'influxdb/weather, hourly',
      partition: 3,
      state: 'running',
      lastEventAt: null,
      lastAppendAt: 5,
      lag: 1,
      late: null,
      duplicate: null,
      deadLettered: 0,
      rowsPerSecond: 1.5,
      retries: 2,
      lastError: 'WR_X at "noon"',
      heartbeatAt: 7,
    } as const
    await writeInfluxPipelineHealth(client, [health], 60_000)
    await writeInfluxPipelineHealth(client, [{ ...health, lag: 9 }], 119_999)
    await writeInfluxPipelineHealth(client, [], 0)
    const found = []
    for await (const { tags, columns, values } of client.query(['SELECT * FROM "pipeline_health" GROUP BY *'])) {
      for (const cells of values) found.push({ ...tags, ...Object.fromEntries(columns.map((name, i) => [name, cells[i]])) })
    }
    expect(found).toEqual([
      expect.objectContaining({
        time: 60_000,
        name: 'influxdb/weather, hourly',
        part: 'sink',
        partition: '3',
        lag: 9,
        rows_per_second: 1.5,
        last_error: 'WR_X at "noon"',
      }),
    ])
  })
})

describe.runIf(canStart)('a sink on an InfluxDB server', () => {
  const services = testServer()

  async function openError(change: Partial<InfluxOptions>): Promise<unknown> {
    const sink = influxSink({ ...services.newOptions(), ...change })
    const error: unknown = await sink.open([view]).catch((reason: unknown) => reason)
    await sink.close()
    return error
  }

  /** A token with these rights in the bucket of the server, which is there. */
  async function tokenFor(...actions: ReadonlyArray<'read' | 'write'>): Promise<string> {
    const { server } = services
    const admin = services.client({ ...server })
    const { buckets } = (await admin.ask('GET', `/api/v2/buckets?name=${server.bucket}`)) as {
      buckets: ReadonlyArray<{ readonly id: string; readonly orgID: string }>
    }
    const [bucket] = buckets
    const resource = { type: 'buckets', id: bucket?.id, orgID: bucket?.orgID }
    const body = { orgID: bucket?.orgID, permissions: actions.map((action) => ({ action, resource })) }
    return ((await admin.ask('POST', '/api/v2/authorizations', body)) as { readonly token: string }).token
  }

  test('is told what is wrong with the token, the organisation and the bucket', async () => {
    expect(await openError({ token: 'not-the-token' })).toMatchObject({ code: 'WR_INFLUX_TOKEN', canRetry: false })
    expect(await openError({ org: 'nobody' })).toMatchObject({ code: 'WR_INFLUX_BUCKET', canRetry: false })
    const { bucket } = services.server
    expect(await openError({ bucket, token: await tokenFor('read') })).toMatchObject({ code: 'WR_INFLUX_FORBIDDEN' })
    expect(await openError({ bucket, token: await tokenFor('write') })).toMatchObject({ code: 'WR_INFLUX_BUCKET' })
    const token = await tokenFor('read', 'write')
    expect(await openError({ bucket: 'another', token })).toMatchObject({ code: 'WR_INFLUX_BUCKET' })
    expect(await openError({ bucket, token })).toBeUndefined()
  })

  test('mends what somebody wrote beside its points: other tags, times with more digits, without a station', async () => {
    const options = services.newOptions()
    const client = services.client(options)
    const world = await sinkWorld(view)
    const runner = await world.start(influxSink(options), { scrubIntervalMs: 200 })
    await world.write([put('paris', 0, 1), put('paris', 1, 2)])
    await world.caughtUp(runner)
    const foreign = `${view.name},by=hand,station_id=paris n=7i ${T0}`
    await client.write([foreign, `${view.name} n=3i ${T0}`])
    const { org, bucket } = options
    const inNanoseconds = `/api/v2/write?org=${org}&bucket=${bucket}&precision=ns`
    await fetch(options.url + inNanoseconds, {
      method: 'POST',
      headers: { authorization: `Token ${options.token}` },
      body: `${view.name},station_id=paris n=8i ${T0}000123`,
    })
    // Not their number alone: a point that is deleted to be written anew is missing for a moment, beside one that has yet to go.
    await expect.poll(async () => byKey(view, await readRows(client, view)), { timeout: PATIENCE_MS }).toEqual(world.expected())
    await runner.stop()
  })

  test.each([
    ['one by one', 30_000],
    ['by ranges', 0],
  ])('loses %s what is too much, and has the rows between', async (_, gaplessMs) => {
    const options = services.newOptions()
    const client = services.client(options)
    const world = await sinkWorld(view)
    const runner = await world.start(influxSink({ ...options, gaplessMs }), { scrubIntervalMs: 200 })
    await world.write(Array.from({ length: 40 }, (_, i) => put(i < 20 ? 'paris' : 'oslo', 2 * (i % 20), i)))
    await world.caughtUp(runner)
    const right = await readRows(client, view)
    const between = right.map(([station, at, ...values]): Cell[] => [station as Cell, (at as number) + 1, ...values])
    const changed = right.slice(10, 30).map((cells) => [...cells.slice(0, 4), 99, ...cells.slice(5)])
    await client.write([...between, ...changed].map((cells) => pointPlan(view).encode(cells).line))
    await expect.poll(async () => byKey(view, await readRows(client, view)), { timeout: PATIENCE_MS }).toEqual(world.expected())
    await runner.stop()
  })

  test('makes its bucket, and says of one that is not there yet that nothing is in it', async () => {
    const options = services.newOptions()
    const sink = influxSink(options)
    const topic = { id: 't', name: 't', partitions: 2, cleanup: 'compact' } as const
    expect(await sink.progress(view, topic)).toEqual([0, 0])
    await sink.open([view])
    expect(await sink.progress(view, topic)).toEqual([0, 0])
    await sink.close()
  })

  test('refuses a bucket that forgets, and a field of another type', async () => {
    const options = services.newOptions()
    const admin = services.client(options)
    const { orgs } = (await admin.ask('GET', '/api/v2/orgs')) as { orgs: ReadonlyArray<{ readonly id: string }> }
    const retentionRules = [{ type: 'expire', everySeconds: 86_400 }]
    await admin.ask('POST', '/api/v2/buckets', { orgID: orgs[0]?.id, name: options.bucket, retentionRules })
    expect(await openError(options)).toMatchObject({ code: 'WR_INFLUX_RETENTION' })
    const used = services.newOptions()
    expect(await openError(used)).toBeUndefined()
    await services.client(used).write([`${view.name},station_id=s n=1.5 0`])
    expect(await openError(used)).toMatchObject({ code: 'WR_INFLUX_TYPE_CONFLICT', message: expect.stringContaining('n') })
  })
})
