import * as units from '@grafana/grafana-foundation-sdk/units'
import { airHourlyView, dailySensorMeansView, WHO_DAILY_CO, WHO_DAILY_PM25 } from '../../src/views/air.ts'
import { dashboardOf } from './dashboard.ts'
import { chart, coloured, type Step, stat, table } from './panels.ts'
import { whyLink } from './row-links.ts'
import { isChosen, type Sql, sql, sqlSeries, sqlTable } from './sql.ts'
import { cityVariable, stationVariable } from './stations-variables.ts'
import { grafanaUnit } from './units.ts'
import { type Column, columnsOf } from './view-columns.ts'

const h = columnsOf(airHourlyView)
const d = columnsOf(dailySensorMeansView)

const nothing = 'No rows in this range: choose a longer one; where all is empty, see the sink postgres on the dashboard Pipeline'
const common = { noValue: nothing }

/** Hours whose quantity is covered for 75 % at least; air-quality reporting leaves out the others, and so may who looks. */
const hours = (value: Column, valid: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${h.hour} AS "time", ${h.stationId} || CASE WHEN ${valid} THEN '' ELSE ' (too few readings)' END AS metric, ${value}
    FROM ${airHourlyView}
    WHERE $__timeFilter(${h.hour}) AND ${isChosen(h.stationId, 'station')} AND ${value} IS NOT NULL
    ORDER BY 1, 2`)

const inDays = sql`$__timeFilter(${d.windowStart}) AND ${isChosen(d.stationId, 'station')}`

/** Days at the instant at which they begin; a mean that rests on too few hours has a name of its own. */
const days = (value: Column, valid: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${d.windowStart} AS "time", ${d.stationId} || CASE WHEN ${valid} THEN '' ELSE ' (too few hours)' END AS metric, ${value}
    FROM ${dailySensorMeansView}
    WHERE ${inDays} AND ${value} IS NOT NULL
    ORDER BY 1, 2`)

const plainDays = (value: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${d.windowStart} AS "time", ${d.stationId} AS metric, ${value}
    FROM ${dailySensorMeansView}
    WHERE ${inDays}
    ORDER BY 1, 2`)

const overDays = (expression: Sql): ReturnType<typeof sqlTable> =>
  sqlTable(sql`SELECT ${expression} AS value FROM ${dailySensorMeansView} WHERE ${inDays}`)

const tooFew = {
  fields: /\(too few/,
  properties: { color: { mode: 'fixed', fixedColor: 'gray' }, 'custom.drawStyle': 'points', 'custom.pointSize': 5 },
}

const guideline = (limit: number): Step[] => [
  { from: null, color: 'green' },
  { from: limit, color: 'red' },
]
const coverage: Step[] = [
  { from: null, color: 'red' },
  { from: 0.75, color: 'green' },
]
const share = { unit: units.PercentUnit, decimals: 0, ...coloured(coverage) }
const limited = (column: Column, displayName: string, limit: number) => ({
  fields: column.column,
  properties: {
    displayName,
    unit: grafanaUnit(column),
    decimals: 1,
    ...coloured(guideline(limit)),
  },
})

const someAbove: Step[] = [
  { from: null, color: 'green' },
  { from: 1, color: 'red' },
]

const hourly = (id: number, title: string, value: Column, valid: Column) =>
  chart({
    id,
    title: `${title} by hour`,
    description: 'Mean of the hour by station. Grey points: readings cover less than 75 % of the hour.',
    unit: grafanaUnit(value),
    queries: [hours(value, valid)],
    min: 0,
    gap: 3,
    overrides: [tooFew],
    ...common,
  })

export const air = dashboardOf({
  uid: 'windrow-air',
  title: 'Air quality',
  description:
    'Hourly and daily means by station, from Postgres, against the daily guidelines of the WHO (2021). Grey: a mean that rests on too few readings.',
  from: 'now-30d',
  refresh: '5m',
  variables: [cityVariable('air'), stationVariable('air')],
  sections: [
    {
      id: 100,
      title: 'Range',
      panels: [
        stat({
          id: 1,
          title: 'Days above PM2.5',
          description: `Days of a station with a valid mean above ${WHO_DAILY_PM25} µg/m³.`,
          unit: units.Short,
          queries: [overDays(sql`count(*) FILTER (WHERE ${d.pm25ExceedsWho} AND ${d.pm25Valid})`)],
          steps: someAbove,
          ...common,
        }),
        stat({
          id: 2,
          title: 'Days above CO',
          description: `Days of a station with a valid mean above ${WHO_DAILY_CO} mg/m³.`,
          unit: units.Short,
          queries: [overDays(sql`count(*) FILTER (WHERE ${d.coExceedsWho} AND ${d.coValid})`)],
          steps: someAbove,
          ...common,
        }),
        stat({
          id: 3,
          title: 'Valid days',
          description: 'Share of the days that are over, of the chosen stations, that have a valid mean of PM2.5.',
          unit: units.PercentUnit,
          queries: [overDays(sql`avg(CASE WHEN ${d.pm25Valid} THEN 1.0 ELSE 0.0 END) FILTER (WHERE ${d.complete})`)],
          decimals: 0,
          steps: coverage,
          ...common,
        }),
        stat({
          id: 4,
          title: 'Worst day',
          description: 'The greatest valid daily mean of PM2.5.',
          unit: grafanaUnit(d.pm25Mean),
          queries: [overDays(sql`max(${d.pm25Mean}) FILTER (WHERE ${d.pm25Valid})`)],
          decimals: 1,
          steps: guideline(WHO_DAILY_PM25),
          ...common,
        }),
      ],
    },
    {
      id: 101,
      title: 'Days',
      panels: [
        chart({
          id: 10,
          title: 'PM2.5 by day',
          description: `Daily mean by station. The line is the WHO guideline of ${WHO_DAILY_PM25} µg/m³; grey: too few hours.`,
          unit: grafanaUnit(d.pm25Mean),
          queries: [days(d.pm25Mean, d.pm25Valid)],
          showsPoints: true,
          gap: 36,
          min: 0,
          steps: guideline(WHO_DAILY_PM25),
          showsThresholds: true,
          overrides: [tooFew],
          ...common,
        }),
        chart({
          id: 11,
          title: 'CO by day',
          description: `Daily mean by station. The line is the WHO guideline of ${WHO_DAILY_CO} mg/m³; grey: too few hours.`,
          unit: grafanaUnit(d.coMean),
          queries: [days(d.coMean, d.coValid)],
          showsPoints: true,
          gap: 36,
          min: 0,
          steps: guideline(WHO_DAILY_CO),
          showsThresholds: true,
          overrides: [tooFew],
          ...common,
        }),
        chart({
          id: 12,
          title: 'Coverage of PM2.5 by day',
          description: 'Share of the day that readings with PM2.5 cover. Below the line, 75 %, a mean is not valid.',
          unit: grafanaUnit(d.pm25Coverage),
          queries: [plainDays(d.pm25Coverage)],
          style: 'points',
          min: 0,
          max: 1,
          steps: coverage,
          showsThresholds: true,
          ...common,
        }),
        chart({
          id: 13,
          title: 'Coverage of CO by day',
          description: 'Share of the day that readings with CO cover. Below the line, 75 %, a mean is not valid.',
          unit: grafanaUnit(d.coCoverage),
          queries: [plainDays(d.coCoverage)],
          style: 'points',
          min: 0,
          max: 1,
          steps: coverage,
          showsThresholds: true,
          ...common,
        }),
        table({
          id: 14,
          title: 'Stations',
          description: 'Over the days of the range. Means are of valid days alone.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              SELECT ${d.stationId}, max(${d.city}) AS city, count(*) AS days, count(*) FILTER (WHERE ${d.pm25Valid}) AS valid_days,
                count(*) FILTER (WHERE ${d.pm25Valid} AND ${d.pm25ExceedsWho}) AS days_above_pm25,
                count(*) FILTER (WHERE ${d.coValid} AND ${d.coExceedsWho}) AS days_above_co,
                avg(${d.pm25Mean}) FILTER (WHERE ${d.pm25Valid}) AS pm25_mean, avg(${d.coMean}) FILTER (WHERE ${d.coValid}) AS co_mean,
                avg(${d.no2Mean}) FILTER (WHERE ${d.no2Valid}) AS no2_mean, avg(${d.o3Mean}) FILTER (WHERE ${d.o3Valid}) AS o3_mean,
                avg(${d.pm10Mean}) FILTER (WHERE ${d.pm10Valid}) AS pm10_mean, avg(${d.coverage}) AS coverage
              FROM ${dailySensorMeansView}
              WHERE ${inDays}
              GROUP BY ${d.stationId}
              ORDER BY pm25_mean DESC NULLS LAST`),
          ],
          overrides: [
            limited(d.pm25Mean, 'PM2.5', WHO_DAILY_PM25),
            limited(d.coMean, 'CO', WHO_DAILY_CO),
            { fields: 'no2_mean', properties: { displayName: 'NO2', unit: grafanaUnit(d.no2Mean), decimals: 1 } },
            { fields: 'o3_mean', properties: { displayName: 'O3', unit: grafanaUnit(d.o3Mean), decimals: 1 } },
            { fields: 'pm10_mean', properties: { displayName: 'PM10', unit: grafanaUnit(d.pm10Mean), decimals: 1 } },
            { fields: 'coverage', properties: share },
          ],
          ...common,
        }),
        table({
          id: 15,
          title: 'Days above a guideline, and days that do not count',
          description:
            'Exceedances of the range, and days whose mean of CO or PM2.5 rests on too few hours: those say nothing about the guideline.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              SELECT ${d.stationId}, to_char(${d.day}, 'YYYY-MM-DD') AS day, ${d.pm25Mean}, ${d.pm25Coverage}, ${d.pm25Valid}, ${d.pm25ExceedsWho},
                ${d.coMean}, ${d.coCoverage}, ${d.coValid}, ${d.coExceedsWho}, ${d.complete}
              FROM ${dailySensorMeansView}
              WHERE ${inDays} AND (${d.pm25ExceedsWho} OR ${d.coExceedsWho} OR NOT ${d.pm25Valid} OR NOT ${d.coValid})
              ORDER BY ${d.windowStart} DESC, ${d.stationId}
              LIMIT 1000`),
          ],
          overrides: [
            limited(d.pm25Mean, 'PM2.5', WHO_DAILY_PM25),
            limited(d.coMean, 'CO', WHO_DAILY_CO),
            { fields: /_coverage$/, properties: share },
            { fields: 'day', properties: { links: [whyLink(dailySensorMeansView)] } },
          ],
          noValue: 'No day of the range is above a guideline, and all count',
        }),
      ],
    },
    {
      id: 102,
      title: 'Hours',
      panels: [
        hourly(20, 'PM2.5', h.pm25Mean, h.pm25Valid),
        hourly(21, 'CO', h.coMean, h.coValid),
        hourly(22, 'NO2', h.no2Mean, h.no2Valid),
        hourly(23, 'O3', h.o3Mean, h.o3Valid),
        hourly(24, 'PM10', h.pm10Mean, h.pm10Valid),
      ],
    },
  ],
})
