import * as units from '@grafana/grafana-foundation-sdk/units'
import { dailyEnergySummaryView, energiesView } from '../../src/views/energy.ts'
import { dashboardOf } from './dashboard.ts'
import { chart, stat, table } from './panels.ts'
import { whyLink } from './row-links.ts'
import { isChosen, type Sql, sql, sqlSeries, sqlTable } from './sql.ts'
import { zoneVariable } from './stations-variables.ts'
import { grafanaUnit } from './units.ts'
import { type Column, columnsOf } from './view-columns.ts'

const e = columnsOf(energiesView)
const d = columnsOf(dailyEnergySummaryView)

const nothing = 'No rows in this range: choose a longer one; where all is empty, see the sink postgres on the dashboard Pipeline'
const common = { noValue: nothing }

/** Ranges are instants and days begin at theirs, so that a day of 23 or 25 hours is neither cut nor counted twice. */
const inDays = sql`$__timeFilter(${d.windowStart}) AND ${isChosen(d.zoneId, 'zone')}`
const inIntervals = sql`$__timeFilter(${e.timestamp}) AND ${isChosen(e.zoneId, 'zone')}`

const curve = (value: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT $__timeGroupAlias(${e.timestamp}, $__interval, NULL), ${e.zoneId} AS metric, avg(${value}) AS value
    FROM ${energiesView}
    WHERE ${inIntervals}
    GROUP BY 1, 2
    ORDER BY 1, 2`)

/** By day, at the instant at which it begins. What is not the whole of a day has a name of its own. */
const byDay = (value: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${d.windowStart} AS "time",
      ${d.zoneId} || CASE WHEN ${d.complete} AND ${d.coverage} >= 1 THEN '' ELSE ' (incomplete)' END AS metric, ${value}
    FROM ${dailyEnergySummaryView}
    WHERE ${inDays} AND ${value} IS NOT NULL
    ORDER BY 1, 2`)

const overDays = (expression: Sql): ReturnType<typeof sqlTable> =>
  sqlTable(sql`SELECT ${expression} AS value FROM ${dailyEnergySummaryView} WHERE ${inDays}`)

const incomplete = { fields: /\(incomplete\)/, properties: { color: { mode: 'fixed', fixedColor: 'gray' } } }
const unitOf = (column: Column, displayName: string, decimals = 0) => ({
  fields: column.column,
  properties: { displayName, unit: grafanaUnit(column), decimals },
})

export const energy = dashboardOf({
  uid: 'windrow-energy',
  title: 'Energy',
  description:
    'Consumption and solar production by grid zone, from Postgres. Days are those of the zone: 23 and 25 hours long when clocks change.',
  from: 'now-14d',
  refresh: '5m',
  variables: [zoneVariable],
  sections: [
    {
      id: 100,
      title: 'Range',
      panels: [
        stat({
          id: 1,
          title: 'Consumed',
          description: 'Energy consumed in the days that begin in the range, as far as it is known.',
          unit: grafanaUnit(d.consumptionEnergyMwh),
          queries: [overDays(sql`sum(${d.consumptionEnergyMwh})`)],
          decimals: 1,
          colors: 'none',
          ...common,
        }),
        stat({
          id: 2,
          title: 'Solar',
          description: 'Solar energy of the days that begin in the range, as far as it is known.',
          unit: grafanaUnit(d.pvEnergyMwh),
          queries: [overDays(sql`sum(${d.pvEnergyMwh})`)],
          decimals: 1,
          colors: 'none',
          ...common,
        }),
        stat({
          id: 3,
          title: 'Share of solar',
          description: 'Solar energy / consumed energy, of the intervals of the range that have both.',
          unit: grafanaUnit(d.pvShare),
          queries: [
            sqlTable(sql`
              SELECT sum(${e.productionPv} * ${e.intervalMinutes}) / nullif(sum(${e.consommations} * ${e.intervalMinutes}), 0) AS value
              FROM ${energiesView} WHERE ${inIntervals}`),
          ],
          decimals: 1,
          colors: 'none',
          ...common,
        }),
        stat({
          id: 4,
          title: 'Incomplete days',
          description: 'Days of the range that are not over, or miss consumption.',
          unit: units.Short,
          queries: [overDays(sql`count(*) FILTER (WHERE NOT ${d.complete} OR ${d.coverage} < 1)`)],
          steps: [
            { from: null, color: 'green' },
            { from: 2, color: 'orange' },
          ],
          ...common,
        }),
      ],
    },
    {
      id: 101,
      title: 'Curves',
      panels: [
        chart({
          id: 10,
          title: 'Consumption',
          description: 'Mean power by zone.',
          unit: grafanaUnit(e.consommations),
          queries: [curve(e.consommations)],
          min: 0,
          minInterval: '15m',
          gap: 'windows',
          ...common,
        }),
        chart({
          id: 11,
          title: 'Solar production',
          description: 'Mean power by zone. Negative values of upstream count as 0.',
          unit: grafanaUnit(e.productionPv),
          queries: [curve(e.productionPv)],
          min: 0,
          minInterval: '15m',
          gap: 'windows',
          ...common,
        }),
      ],
    },
    {
      id: 102,
      title: 'Days',
      panels: [
        chart({
          id: 20,
          title: 'Consumption of the day',
          description: 'Consumed energy by zone; grey: the day is not over, or misses intervals.',
          unit: grafanaUnit(d.consumptionEnergyMwh),
          queries: [byDay(d.consumptionEnergyMwh)],
          style: 'bars',
          min: 0,
          overrides: [incomplete],
          ...common,
        }),
        chart({
          id: 21,
          title: 'Solar energy of the day',
          description: 'By zone; grey: the day is not over, or misses intervals.',
          unit: grafanaUnit(d.pvEnergyMwh),
          queries: [byDay(d.pvEnergyMwh)],
          style: 'bars',
          min: 0,
          overrides: [incomplete],
          ...common,
        }),
        chart({
          id: 22,
          title: 'Share of solar of the day',
          description: 'Solar / consumed energy of the intervals that have both; grey: the day is not over, or misses intervals.',
          unit: grafanaUnit(d.pvShare),
          queries: [byDay(d.pvShare)],
          style: 'bars',
          min: 0,
          overrides: [incomplete],
          ...common,
        }),
        chart({
          id: 23,
          title: 'Load factor',
          description:
            'Mean / greatest consumption of the day: 1 where consumption is even. Grey: the day is not over, or misses intervals.',
          unit: grafanaUnit(d.loadFactor),
          queries: [byDay(d.loadFactor)],
          style: 'points',
          min: 0,
          max: 1,
          overrides: [incomplete],
          ...common,
        }),
        table({
          id: 24,
          title: 'Days',
          description: 'A row a zone and day. Hours are those of the day: 23 or 25 when clocks change.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              SELECT ${d.zoneId}, to_char(${d.day}, 'YYYY-MM-DD') AS day, ${d.consumptionMean}, ${d.consumptionMin}, ${d.consumptionMax},
                ${d.consumptionEnergyMwh}, ${d.loadFactor}, ${d.pvEnergyMwh}, ${d.pvShare}, ${d.n}, ${d.expected}, ${d.coverage}, ${d.complete}
              FROM ${dailyEnergySummaryView}
              WHERE ${inDays}
              ORDER BY ${d.windowStart} DESC, ${d.zoneId}`),
          ],
          overrides: [
            unitOf(d.consumptionMean, 'Mean', 1),
            unitOf(d.consumptionMin, 'Least', 1),
            unitOf(d.consumptionMax, 'Greatest', 1),
            unitOf(d.consumptionEnergyMwh, 'Consumed', 1),
            unitOf(d.loadFactor, 'Load factor', 1),
            unitOf(d.pvEnergyMwh, 'Solar', 1),
            unitOf(d.pvShare, 'Share of solar', 1),
            unitOf(d.coverage, 'Coverage', 1),
            { fields: 'day', properties: { links: [whyLink(dailyEnergySummaryView)] } },
          ],
          ...common,
        }),
        table({
          id: 25,
          title: 'Incomplete days',
          description: 'Days of the range that are not over, or miss consumption: which, and how much of them is there.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              SELECT ${d.zoneId}, to_char(${d.day}, 'YYYY-MM-DD') AS day, ${d.n}, ${d.expected}, ${d.expected} - ${d.n} AS missing, ${d.pvN}, ${d.coverage}, ${d.complete}
              FROM ${dailyEnergySummaryView}
              WHERE ${inDays} AND (NOT ${d.complete} OR ${d.coverage} < 1)
              ORDER BY ${d.windowStart} DESC, ${d.zoneId}`),
          ],
          overrides: [
            unitOf(d.coverage, 'Coverage', 1),
            { fields: 'day', properties: { links: [whyLink(dailyEnergySummaryView)] } },
          ],
          noValue: 'No incomplete days: every day of the range is over and has all its intervals',
        }),
      ],
    },
  ],
})
