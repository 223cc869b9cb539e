import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csvRows, duckdb, expectSameRows } from './duckdb.ts'
import { recorded, recordings } from './recordings.ts'
import { type SmallPipeline, smallPipeline } from './small-pipeline.ts'

const READINGS = `(select unnest(data, recursive := true) from read_json('${recordings.airqino}', maximum_object_size = 100000000))`

/** By hour of UTC, which is the zone of a file that names none. A reading covers its hour, but no further than the next one. */
const DAILY = `
  with readings as (
    select strftime(timestamp::timestamp, '%Y-%m-%d') as day, timestamp::timestamp as start, *
    from ${READINGS}
  ), covered as (
    select *, least(60, coalesce(date_diff('second', start, lead(start) over (partition by day order by start)) / 60.0, 60)) as minutes
    from readings
  )
  select day, count(*) as n, 24 as expected, least(1, sum(minutes) / 1440)::double as coverage,
    avg("CO") as co_mean, count("CO") as co_n, avg("PM2.5") as pm25_mean, count("PM2.5") as pm25_n,
    avg("NO2") as no2_mean, avg("O3") as o3_mean, avg("PM10") as pm10_mean,
    avg("T") as temperature_mean, avg("RH") as humidity_mean,
    strftime(max(start), '%Y-%m-%dT%H:%M:%SZ') as updated_at,
    (select max(start) + interval 1 hour from readings) >= (day::date + 1)::timestamp as complete,
    avg("CO") > 4 as co_exceeds_who, avg("PM2.5") > 15 as pm25_exceeds_who
  from covered group by day`

describe.runIf(recordings.areThere)(`${recorded}: a year of AirQino`, () => {
  let pipeline: SmallPipeline

  beforeAll(async () => {
    pipeline = await smallPipeline()
    await pipeline.produce({ path: recordings.airqino, format: 'airqino' })
    await pipeline.process('air')
  }, 60_000)
  afterAll(() => pipeline.close())

  test('daily_sensor_means says of every day what SQL over the file says', async () => {
    const rows = csvRows(await pipeline.exportCsv('daily_sensor_means'))
    expect(rows.length).toBeGreaterThan(300)
    expect(new Set(rows.map((row) => row.station_id))).toEqual(new Set([283164601]))
    expectSameRows(rows, await duckdb(DAILY), ['day'])
  })

  test('air_hourly has a row for each reading', async () => {
    const rows = csvRows(await pipeline.exportCsv('air_hourly'))
    const hourly = `select strftime(timestamp::timestamp, '%Y-%m-%dT%H:%M:%SZ') as hour, 1 as n, 1 as expected, 1 as coverage,
      "CO" as co_mean, "PM10" as pm10_mean, "NO2" is not null as no2_valid from ${READINGS}`
    expectSameRows(rows, await duckdb(hourly), ['hour'])
  })
})
