import { describe, expect, expectTypeOf, test } from 'vitest'
import { fluxFlag, fluxSeries } from '../../grafana-provisioning/code/flux.ts'
import { metric } from '../../grafana-provisioning/code/prom.ts'
import { sql } from '../../grafana-provisioning/code/sql.ts'
import { grafanaUnit } from '../../grafana-provisioning/code/units.ts'
import {
  type ColumnName,
  columnsOf,
  type FlagField,
  type InInflux,
  type NumberField,
  sqlColumnsOf,
} from '../../grafana-provisioning/code/view-columns.ts'
import { declaredMetrics } from '../../src/api/metric-catalogue.ts'
import { goldWeatherAggregates } from '../../src/sinks/postgres/sql-views/gold-weather-aggregates.ts'
import { builtInViews } from '../../src/views/index.ts'
import type { stationsView } from '../../src/views/stations.ts'
import { weatherDailyView, weatherDataView, weatherMonthlyView } from '../../src/views/weather.ts'

// What must not compile is checked by tsc: an expected error that does not come is one.

describe('a query', () => {
  test('names columns of its view', () => {
    const day = columnsOf(weatherDailyView)
    expect(sql`SELECT ${day.temperatureMean} FROM ${weatherDailyView} WHERE ${day.day} > 1`.sql).toBe(
      'SELECT temperature_mean FROM weather_daily WHERE "day" > 1',
    )
    // @ts-expect-error weather_daily has no trend
    expect(day.temperatureTrend).toBeUndefined()
    // @ts-expect-error gold_weather_aggregates has no amplitude
    expect(sqlColumnsOf(goldWeatherAggregates).amplitude).toBeUndefined()
    expectTypeOf<'temperatureTrend'>().toExtend<ColumnName<typeof weatherMonthlyView>>()
  })

  test('of InfluxDB is of a view that is stored there, and of a field of the right type', () => {
    expect(fluxSeries(weatherDataView, { field: 'windSpeed', fn: 'mean' }).model.query).toContain('r._field == "wind_speed"')
    expectTypeOf<InInflux<typeof weatherMonthlyView>>().toBeNever()
    expectTypeOf<InInflux<typeof stationsView>>().toBeNever()
    expectTypeOf<'isRain'>().toExtend<FlagField<typeof weatherDataView>>()
    expectTypeOf<'isRain'>().not.toExtend<NumberField<typeof weatherDataView>>()
    expectTypeOf<'city'>().not.toExtend<NumberField<typeof weatherDataView>>()
    expectTypeOf<'weatherCondition'>().not.toExtend<NumberField<typeof weatherDataView>>()
    const wrong = [
      // @ts-expect-error weather_monthly is not in InfluxDB
      () => fluxSeries(weatherMonthlyView, { field: 'temperatureMean', fn: 'mean' }),
      // @ts-expect-error weather_data has no mean
      () => fluxSeries(weatherDataView, { field: 'temperatureMean', fn: 'mean' }),
      // @ts-expect-error a text has no mean
      () => fluxSeries(weatherDataView, { field: 'weatherCondition', fn: 'mean' }),
      // @ts-expect-error a number is no flag
      () => fluxFlag(weatherDataView, 'temperature'),
    ]
    expect(wrong).toHaveLength(4)
  })

  test('of Prometheus names labels of its metric', () => {
    expect(metric(declaredMetrics.taskLag, ['topic'], { topic: '/a.*/' }).promql).toBe(
      'max by (topic) (windrow_task_offset_lag{topic=~"a.*"})',
    )
    const wrong = [
      // @ts-expect-error a lag has no sink
      () => metric(declaredMetrics.taskLag, ['sink']),
      // @ts-expect-error nor can it be chosen by one
      () => metric(declaredMetrics.taskLag, [], { sink: 'postgres' }),
    ]
    expect(wrong).toHaveLength(2)
  })
})

test('every unit of the views has a name in Grafana', () => {
  for (const view of builtInViews) for (const column of view.columns) expect(grafanaUnit(column)).toMatch(/./)
})
