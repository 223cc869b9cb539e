import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csvRows, duckdb, expectSameRows } from './duckdb.ts'
import { recorded, recordings } from './recordings.ts'
import { type SmallPipeline, smallPipeline } from './small-pipeline.ts'

/** What both files say, at UTC and at the local time of each station: Paris as `--time-zone Europe/Paris` has it, Madrid in UTC. */
const READINGS = `(
  select station_id, time as start, time + to_hours(shift) as local, temp, rhum, prcp, wdir, wspd / 3.6 as wind, pres,
    (coco in (7, 8, 9, 10, 11, 17, 18))::int as rain, (coco in (23, 25, 26, 27))::int as storm
  from (
    select 'paris-2025q1' as station_id, *, case when time < timestamp '2025-03-30 01:00' then 1 else 2 end as shift
    from read_csv('${recordings.paris}')
    union all by name
    select 'madrid-2025q1' as station_id, *, 0 as shift from read_csv('${recordings.madrid}')
  ))`

/** Hours of a day of Paris, and of any other. */
const HOURS_OF_DAY = `case when station_id = 'paris-2025q1' and day = '2025-03-30' then 23 else 24 end`

const EAST = 'avg(wind * sin(radians(wdir)))'
const NORTH = 'avg(wind * cos(radians(wdir)))'
const STATISTICS = `count(*) as n, avg(temp) as temperature_mean, min(temp) as temperature_min, max(temp) as temperature_max,
  avg(rhum) as humidity_mean, avg(pres) as pressure_mean, avg(wind) as wind_speed_mean, sum(prcp) as precipitation_sum,
  count(temp) as temperature_n, count(rhum) as humidity_n, count(pres) as pressure_n, count(wind) as wind_speed_n,
  count(wind * wdir) as wind_direction_n, count(prcp) as precipitation_n,
  sum(rain)::double as rain_hours, sum(storm)::double as storm_hours,
  case when sqrt(${EAST} ** 2 + ${NORTH} ** 2) < 1e-9 then null
    else (degrees(atan2(${EAST}, ${NORTH})) + 360) % 360 end as wind_direction_mean`

const HOURLY = `select station_id, strftime(start, '%Y-%m-%dT%H:%M:%SZ') as hour, 1 as expected, 1 as coverage, ${STATISTICS}
  from ${READINGS} group by station_id, start`

const DAILY = `select *, ${HOURS_OF_DAY} as expected, n / ${HOURS_OF_DAY}::double as coverage, temperature_max - temperature_min as temperature_amplitude
  from (select station_id, strftime(local, '%Y-%m-%d') as day, ${STATISTICS} from ${READINGS} group by 1, 2)`

const MONTHLY = `select *, temperature_max - temperature_min as temperature_amplitude,
    temperature_mean - lag(temperature_mean) over (partition by station_id order by month) as temperature_trend
  from (select station_id, strftime(local, '%Y-%m') as month, ${STATISTICS} from ${READINGS} group by 1, 2)`

describe.runIf(recordings.areThere)(`${recorded}: a quarter of hourly weather of two cities`, () => {
  let pipeline: SmallPipeline

  beforeAll(async () => {
    pipeline = await smallPipeline()
    await pipeline.produce({ path: recordings.paris, format: 'meteostat', settings: { timeZone: 'Europe/Paris' } })
    await pipeline.produce({ path: recordings.madrid, format: 'meteostat' })
    await pipeline.process('weather')
  }, 60_000)
  afterAll(() => pipeline.close())

  test.each([
    ['weather_hourly', 'hour', HOURLY],
    ['weather_daily', 'day', DAILY],
    ['weather_monthly', 'month', MONTHLY],
  ])('%s says what SQL over the files says', async (view, key, sql) => {
    expectSameRows(csvRows(await pipeline.exportCsv(view)), await duckdb(sql), ['station_id', key])
  })

  test('weather_data holds every observation', async () => {
    const rows = csvRows(await pipeline.exportCsv('weather_data'))
    expect(rows).toHaveLength(4320)
    expect(rows.filter((row) => row.precipitation === null)).toHaveLength(
      Number((await duckdb(`select count(*) as missing from ${READINGS} where prcp is null`))[0]?.missing),
    )
  })
})
