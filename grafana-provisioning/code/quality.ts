import * as units from '@grafana/grafana-foundation-sdk/units'
import { dataQualityView } from '../../src/views/quality.ts'
import { dashboardOf } from './dashboard.ts'
import { chart, coloured, stat, table } from './panels.ts'
import { whyLink } from './row-links.ts'
import { isChosen, type Sql, sql, sqlSeries, sqlTable } from './sql.ts'
import { grafanaUnit } from './units.ts'
import { sqlVariable } from './variables.ts'
import { type Column, columnsOf } from './view-columns.ts'

const q = columnsOf(dataQualityView)

const common = {
  noValue: 'No rows in this range: choose a longer one; where all is empty, see the sink postgres on the dashboard Pipeline',
}

const kindVariable = sqlVariable(
  { name: 'kind', label: 'Kind', description: 'What is measured' },
  sql`SELECT DISTINCT ${q.kind} FROM ${dataQualityView} ORDER BY 1`,
)
const stationVariable = sqlVariable(
  { name: 'station', label: 'Station', description: 'Stations and zones of the chosen kinds' },
  sql`SELECT DISTINCT ${q.stationId} FROM ${dataQualityView} WHERE ${isChosen(q.kind, 'kind')} ORDER BY 1`,
)

const inDays = sql`$__timeFilter(${q.day}) AND ${isChosen(q.kind, 'kind')} AND ${isChosen(q.stationId, 'station')}`
/** Days of any zone at their own date, 00:00 UTC: this dashboard is in UTC, so that they read as they are called. */
const dayStart = sql`${q.day}::timestamp AT TIME ZONE 'UTC'`
/** What a line is called: with its kind, since stations of two kinds may have one name; the series only where the station has several. */
const name = sql`concat_ws(' ', ${q.kind}, ${q.stationId}, nullif(${q.series}, 'all'))`

const byDay = (value: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${dayStart} AS "time", ${name} AS metric, ${value}
    FROM ${dataQualityView}
    WHERE ${inDays} AND ${value} IS NOT NULL
    ORDER BY 1, 2`)

/** One number over the finished days of the range. */
const overDays = (expression: Sql): ReturnType<typeof sqlTable> =>
  sqlTable(sql`SELECT ${expression} AS value FROM ${dataQualityView} WHERE ${inDays} AND ${q.complete}`)

/** Below 80 the alert WindrowQualityLow speaks. */
const scoreSteps = [
  { from: null, color: 'red' },
  { from: 80, color: 'orange' },
  { from: 95, color: 'green' },
]
const shareSteps = scoreSteps.map(({ from, color }) => ({ from: from === null ? null : from / 100, color }))
const share = { unit: units.PercentUnit, decimals: 0, ...coloured(shareSteps) }

export const quality = dashboardOf({
  uid: 'windrow-quality',
  title: 'Data quality',
  description:
    'How good the readings of each station and local day are, from Postgres: docs/data-quality.md has the formulas. Every score is a function of the log.',
  from: 'now-30d',
  refresh: '5m',
  timezone: 'utc',
  variables: [kindVariable, stationVariable],
  sections: [
    {
      id: 100,
      title: 'Finished days of the range',
      panels: [
        stat({
          id: 1,
          title: 'Mean score',
          description: 'Of all series and finished days.',
          unit: grafanaUnit(q.score),
          queries: [overDays(sql`avg(${q.score})`)],
          decimals: 1,
          steps: scoreSteps,
          ...common,
        }),
        stat({
          id: 2,
          title: 'Days below 80',
          description: 'Finished days of a series with a score below 80.',
          unit: units.Short,
          queries: [overDays(sql`count(*) FILTER (WHERE ${q.score} < 80)`)],
          steps: [
            { from: null, color: 'green' },
            { from: 1, color: 'orange' },
          ],
          ...common,
        }),
        stat({
          id: 3,
          title: 'Completeness',
          description: 'Share of the time that readings cover.',
          unit: units.PercentUnit,
          queries: [overDays(sql`avg(${q.completeness})`)],
          decimals: 1,
          steps: shareSteps,
          ...common,
        }),
        stat({
          id: 4,
          title: 'Implausible values and outliers',
          description: 'Values that cannot be true, and values that stand out from those before and after.',
          unit: units.Short,
          queries: [overDays(sql`sum(${q.implausibleN} + ${q.outlierN})`)],
          colors: 'none',
          ...common,
        }),
        chart({
          id: 10,
          title: 'Score by day',
          description: 'By series. A day that is not finished is judged by its part so far; a day without readings has no point.',
          unit: grafanaUnit(q.score),
          queries: [byDay(q.score)],
          min: 0,
          max: 100,
          gap: 36,
          showsPoints: true,
          showsThresholds: true,
          steps: scoreSteps,
          width: 24,
          ...common,
        }),
        chart({
          id: 11,
          title: 'Completeness by day',
          description: 'Minutes covered by distinct readings / minutes of the day.',
          unit: units.PercentUnit,
          queries: [byDay(q.completeness)],
          min: 0,
          max: 1,
          gap: 36,
          showsPoints: true,
          ...common,
        }),
        chart({
          id: 14,
          title: 'In time by day',
          description:
            'Readings that first came within two hours after their end, or within their own interval where that is longer, of those that came within seven days.',
          unit: units.PercentUnit,
          queries: [byDay(q.timeliness)],
          min: 0,
          max: 1,
          gap: 36,
          showsPoints: true,
          ...common,
        }),
        chart({
          id: 12,
          title: 'Outliers by day',
          description: 'Values that stand out from both their neighbours.',
          unit: units.Short,
          queries: [byDay(q.outlierN)],
          style: 'bars',
          min: 0,
          ...common,
        }),
        chart({
          id: 15,
          title: 'Duplicates by day',
          description: 'Records that repeat what a reading says already. They change no figure, and are not in the score.',
          unit: units.Short,
          queries: [byDay(q.duplicateN)],
          style: 'bars',
          min: 0,
          ...common,
        }),
        table({
          id: 13,
          title: 'Worst days',
          description: 'The lowest scores of the range. A click on the day tells which readings it is made of.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              SELECT ${q.kind}, ${q.stationId}, ${q.series}, to_char(${q.day}, 'YYYY-MM-DD') AS day, ${q.score}, ${q.completeness}, ${q.validity},
                ${q.timeliness}, ${q.regularity}, ${q.n}, ${q.expected}, ${q.missingN}, ${q.implausibleN}, ${q.outlierN}, ${q.lateN},
                ${q.delayMedian}, ${q.duplicateN}, ${q.complete}
              FROM ${dataQualityView}
              WHERE ${inDays}
              ORDER BY ${q.score}, ${q.windowStart} DESC, ${q.stationId}, ${q.series}
              LIMIT 200`),
          ],
          overrides: [
            { fields: 'score', properties: { unit: grafanaUnit(q.score), decimals: 1, ...coloured(scoreSteps) } },
            { fields: /^(completeness|validity|timeliness|regularity)$/, properties: share },
            { fields: 'delay_median', properties: { unit: grafanaUnit(q.delayMedian) } },
            { fields: 'day', properties: { links: [whyLink(dataQualityView)] } },
          ],
          height: 12,
          ...common,
        }),
      ],
    },
  ],
})
