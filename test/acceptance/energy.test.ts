import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csvRows, duckdb, expectSameRows } from './duckdb.ts'
import { recorded, recordings } from './recordings.ts'
import { type SmallPipeline, smallPipeline } from './small-pipeline.ts'

// In January clocks in Paris are an hour before UTC, so that SQL needs no time zones.
const QUARTERS = `(select *, strftime(start_utc::timestamp + interval 1 hour, '%Y-%m-%d') as day,
  strftime(start_utc::timestamp, '%Y-%m-%dT%H:%M:%SZ') as timestamp
  from read_csv('${recordings.eco2mix}', types = { 'start_utc': 'TIMESTAMP' }))`

const ENERGIES = `
  select timestamp, greatest(consumption_mw, 0)::double as consommations, greatest(solar_mw, 0)::double as production_pv,
    15 as interval_minutes, 'FR' as country, consumption_mw < 0 or solar_mw < 0 as clamped
  from ${QUARTERS} where consumption_mw is not null and solar_mw is not null`

const DAILY = `
  select day, count(consumption_mw) as n, 96 as expected, count(consumption_mw) / 96.0::double as coverage, true as complete,
    avg(consumption_mw) as consumption_mean, min(consumption_mw)::double as consumption_min, max(consumption_mw)::double as consumption_max,
    sum(consumption_mw) / 4.0::double as consumption_energy_mwh, avg(consumption_mw) / max(consumption_mw) as load_factor,
    count(solar_mw) as pv_n, sum(greatest(solar_mw, 0)) / 4.0::double as pv_energy_mwh,
    (sum(greatest(solar_mw, 0)) / sum(consumption_mw))::double as pv_share, count(*) filter (where solar_mw < 0) as pv_clamped_n
  from ${QUARTERS} group by day`

describe.runIf(recordings.areThere)(`${recorded}: January 2025 of France's grid`, () => {
  let pipeline: SmallPipeline

  beforeAll(async () => {
    pipeline = await smallPipeline()
    await pipeline.produce({ path: recordings.eco2mix, format: 'eco2mix' })
    await pipeline.process('energy')
  }, 60_000)
  afterAll(() => pipeline.close())

  test('energies joins consumption and solar production of every quarter of an hour', async () => {
    expectSameRows(csvRows(await pipeline.exportCsv('energies')), await duckdb(ENERGIES), ['timestamp'])
  })

  test('daily_energy_summary has 31 complete days of Europe/Paris that SQL over the file confirms', async () => {
    const rows = csvRows(await pipeline.exportCsv('daily_energy_summary'))
    expect(rows).toHaveLength(31)
    expectSameRows(rows, await duckdb(DAILY), ['day'])
  })
})
