import * as units from '@grafana/grafana-foundation-sdk/units'
import { goldWeatherAggregates } from '../../src/sinks/postgres/sql-views/gold-weather-aggregates.ts'
import { weatherDailyView, weatherMonthlyView } from '../../src/views/weather.ts'
import { dashboardOf } from './dashboard.ts'
import { bars, chart, coloured, stat, table } from './panels.ts'
import { whyLink } from './row-links.ts'
import { isChosen, type Sql, sql, sqlSeries, sqlTable } from './sql.ts'
import { cityVariable, stationVariable } from './stations-variables.ts'
import { grafanaUnit } from './units.ts'
import { type Column, columnsOf, sqlColumnsOf } from './view-columns.ts'

const month = columnsOf(weatherMonthlyView)
const day = columnsOf(weatherDailyView)
const gold = sqlColumnsOf(goldWeatherAggregates)

const nothing = 'No rows in this range: choose a longer one; where all is empty, see the sink postgres on the dashboard Pipeline'
const common = { noValue: nothing }

/** Months that the range touches. Their texts compare as their times do, so the index serves. */
const inMonths = sql`${month.month} BETWEEN left($__timeFrom(), 7) AND left($__timeTo(), 7) AND ${isChosen(month.stationId, 'station')}`
const inDays = sql`$__timeFilter(${day.day}) AND ${isChosen(day.stationId, 'station')}`
const inGold = sql`$__timeFilter(${gold.day}) AND ${isChosen(gold.city, 'city')}`

/** Days and months of any zone at their own date, 00:00 UTC: this dashboard is in UTC, so that they read as they are called. */
const monthStart = sql`to_date(${month.month}, 'YYYY-MM')::timestamp AT TIME ZONE 'UTC'`
const dayStart = (column: Column): Sql => sql`${column}::timestamp AT TIME ZONE 'UTC'`

const byMonth = (value: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${monthStart} AS "time", ${month.stationId} AS metric, ${value}
    FROM ${weatherMonthlyView}
    WHERE ${inMonths} AND ${value} IS NOT NULL
    ORDER BY 1, 2`)

const byDay = (value: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${dayStart(day.day)} AS "time", ${day.stationId} AS metric, ${value}
    FROM ${weatherDailyView}
    WHERE ${inDays} AND ${value} IS NOT NULL
    ORDER BY 1, 2`)

const byCity = (value: Column): ReturnType<typeof sqlSeries> =>
  sqlSeries(sql`
    SELECT ${dayStart(gold.day)} AS "time", ${gold.city} AS metric, ${value}
    FROM ${goldWeatherAggregates}
    WHERE ${inGold} AND ${value} IS NOT NULL
    ORDER BY 1, 2`)

/** Days of all stations of the chosen cities. */
const inCities = sql`$__timeFilter(${day.day}) AND ${isChosen(day.city, 'city')}`

/** One number over the days of the chosen cities. */
const overDays = (expression: Sql): ReturnType<typeof sqlTable> =>
  sqlTable(sql`SELECT ${expression} AS value FROM ${goldWeatherAggregates} WHERE ${inGold}`)

/** A mean of daily means counts each day by the readings that have the quantity; by all, where nobody counted those when it was built. */
const weighted = (column: Column, count: Column): Sql => {
  const weight = sql`coalesce(nullif(${count}, 0), ${day.n})`
  return sql`sum(${column} * ${weight}) / nullif(sum(${weight}) FILTER (WHERE ${column} IS NOT NULL), 0)`
}

const coverageSteps = [
  { from: null, color: 'red' },
  { from: 0.75, color: 'orange' },
  { from: 1, color: 'green' },
]
const colouredShare = {
  unit: units.PercentUnit,
  decimals: 0,
  ...coloured(coverageSteps),
}
const unitOf = (column: Column, displayName: string, decimals = 1) => ({
  fields: column.column,
  properties: { displayName, unit: grafanaUnit(column), decimals },
})

export const batch = dashboardOf({
  uid: 'windrow-batch',
  title: 'Batch layer',
  description:
    'Weather of months, days and cities, from Postgres: every row is a function of the readings and the same after a replay. Days and months are those of each station.',
  from: 'now-90d',
  refresh: '5m',
  timezone: 'utc',
  variables: [cityVariable('weather'), stationVariable('weather')],
  sections: [
    {
      id: 100,
      title: 'Cities',
      panels: [
        stat({
          id: 1,
          title: 'Mean temperature',
          description: 'Of the chosen cities over the range: a mean of days, each counted by its readings of the temperature.',
          unit: grafanaUnit(gold.avg_temperature),
          queries: [
            sqlTable(
              sql`SELECT ${weighted(day.temperatureMean, day.temperatureN)} AS value FROM ${weatherDailyView} WHERE ${inCities}`,
            ),
          ],
          decimals: 1,
          colors: 'none',
          ...common,
        }),
        stat({
          id: 2,
          title: 'Warmest',
          description: 'The greatest temperature of any station of the chosen cities.',
          unit: grafanaUnit(gold.max_temperature),
          queries: [overDays(sql`max(${gold.max_temperature})`)],
          decimals: 1,
          colors: 'none',
          ...common,
        }),
        stat({
          id: 3,
          title: 'Coldest',
          description: 'The least temperature of any station of the chosen cities.',
          unit: grafanaUnit(gold.min_temperature),
          queries: [overDays(sql`min(${gold.min_temperature})`)],
          decimals: 1,
          colors: 'none',
          ...common,
        }),
        stat({
          id: 4,
          title: 'Coverage',
          description: 'How much of the days that are over readings cover, mean of the chosen cities.',
          unit: grafanaUnit(gold.coverage),
          queries: [overDays(sql`avg(${gold.coverage}) FILTER (WHERE ${gold.complete})`)],
          decimals: 1,
          steps: coverageSteps,
          ...common,
        }),
        chart({
          id: 10,
          title: 'Mean temperature of the day',
          description: 'By city, over all its stations.',
          unit: grafanaUnit(gold.avg_temperature),
          queries: [byCity(gold.avg_temperature)],
          gap: 36,
          ...common,
        }),
        chart({
          id: 11,
          title: 'Precipitation of the day',
          description: 'By city: a depth, so the mean of the sums of its stations.',
          unit: grafanaUnit(gold.total_precipitation),
          queries: [byCity(gold.total_precipitation)],
          style: 'bars',
          min: 0,
          ...common,
        }),
        table({
          id: 12,
          title: 'Comparison of cities',
          description:
            'Over the days of the range. Means count each day by its readings of the quantity; rainy days have at least 1 mm.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              WITH means AS (
                SELECT ${day.city} AS of_city, ${day.country} AS of_country, ${weighted(day.temperatureMean, day.temperatureN)} AS temperature,
                  ${weighted(day.humidityMean, day.humidityN)} AS humidity, ${weighted(day.pressureMean, day.pressureN)} AS pressure,
                  ${weighted(day.windSpeedMean, day.windSpeedN)} AS wind_speed
                FROM ${weatherDailyView}
                WHERE ${inCities}
                GROUP BY ${day.city}, ${day.country})
              SELECT ${gold.city}, ${gold.country}, count(*) AS days, min(means.temperature) AS avg_temperature,
                min(${gold.min_temperature}) AS min_temperature, max(${gold.max_temperature}) AS max_temperature,
                min(means.humidity) AS avg_humidity, min(means.pressure) AS avg_pressure, min(means.wind_speed) AS avg_wind_speed,
                sum(${gold.total_precipitation}) AS total_precipitation,
                count(*) FILTER (WHERE ${gold.total_precipitation} >= 1) AS rainy_days, avg(${gold.coverage}) AS coverage
              FROM ${goldWeatherAggregates}
              JOIN means ON of_city = ${gold.city} AND of_country IS NOT DISTINCT FROM ${gold.country}
              WHERE ${inGold}
              GROUP BY ${gold.city}, ${gold.country}
              ORDER BY avg_temperature DESC NULLS LAST`),
          ],
          overrides: [
            unitOf(gold.avg_temperature, 'Mean'),
            unitOf(gold.min_temperature, 'Coldest'),
            unitOf(gold.max_temperature, 'Warmest'),
            unitOf(gold.avg_humidity, 'Humidity', 0),
            unitOf(gold.avg_pressure, 'Pressure'),
            unitOf(gold.avg_wind_speed, 'Wind'),
            unitOf(gold.total_precipitation, 'Precipitation'),
            { fields: 'coverage', properties: colouredShare },
          ],
          ...common,
        }),
      ],
    },
    {
      id: 101,
      title: 'Months',
      panels: [
        bars({
          id: 20,
          title: 'Mean temperature of the month',
          description: 'By station, over all readings of the month.',
          unit: grafanaUnit(month.temperatureMean),
          queries: [byMonth(month.temperatureMean)],
          xUnit: 'time:YYYY-MM',
          decimals: 1,
          ...common,
        }),
        bars({
          id: 21,
          title: 'Precipitation of the month',
          description: 'By station.',
          unit: grafanaUnit(month.precipitationSum),
          queries: [byMonth(month.precipitationSum)],
          xUnit: 'time:YYYY-MM',
          min: 0,
          ...common,
        }),
        bars({
          id: 22,
          title: 'Trend',
          description: 'Mean temperature minus that of the month before. The first month of a station has none.',
          unit: grafanaUnit(month.temperatureTrend),
          queries: [byMonth(month.temperatureTrend)],
          xUnit: 'time:YYYY-MM',
          decimals: 1,
          ...common,
        }),
        bars({
          id: 23,
          title: 'Amplitude of the month',
          description: 'Greatest minus least temperature.',
          unit: grafanaUnit(month.temperatureAmplitude),
          queries: [byMonth(month.temperatureAmplitude)],
          xUnit: 'time:YYYY-MM',
          min: 0,
          ...common,
        }),
        table({
          id: 24,
          title: 'Statistics of the months',
          description: 'A row a station and month. A month that is not complete still changes.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              SELECT ${month.stationId}, ${month.city}, ${month.month}, ${month.temperatureMean}, ${month.temperatureMin}, ${month.temperatureMax},
                ${month.temperatureAmplitude}, ${month.temperatureTrend}, ${month.humidityMean}, ${month.pressureMean}, ${month.windSpeedMean},
                ${month.precipitationSum}, ${month.rainHours}, ${month.stormHours}, ${month.coverage}, ${month.complete}
              FROM ${weatherMonthlyView}
              WHERE ${inMonths}
              ORDER BY ${month.month} DESC, ${month.stationId}`),
          ],
          overrides: [
            unitOf(month.temperatureMean, 'Mean'),
            unitOf(month.temperatureMin, 'Least'),
            unitOf(month.temperatureMax, 'Greatest'),
            unitOf(month.temperatureAmplitude, 'Amplitude'),
            unitOf(month.temperatureTrend, 'Trend'),
            unitOf(month.humidityMean, 'Humidity', 0),
            unitOf(month.pressureMean, 'Pressure'),
            unitOf(month.windSpeedMean, 'Wind'),
            unitOf(month.precipitationSum, 'Precipitation'),
            unitOf(month.rainHours, 'Rain', 0),
            unitOf(month.stormHours, 'Storm', 0),
            { fields: 'coverage', properties: colouredShare },
            { fields: 'month', properties: { links: [whyLink(weatherMonthlyView)] } },
          ],
          ...common,
        }),
      ],
    },
    {
      id: 102,
      title: 'Days',
      panels: [
        chart({
          id: 30,
          title: 'Amplitude of the day',
          description: 'Greatest minus least temperature, by station.',
          unit: grafanaUnit(day.temperatureAmplitude),
          queries: [byDay(day.temperatureAmplitude)],
          min: 0,
          gap: 36,
          ...common,
        }),
        chart({
          id: 31,
          title: 'Hours with rain',
          description: 'By station and day.',
          unit: grafanaUnit(day.rainHours),
          queries: [byDay(day.rainHours)],
          style: 'bars',
          min: 0,
          ...common,
        }),
        table({
          id: 32,
          title: 'Days with gaps',
          description: 'Days of the range that readings do not cover, or that are not over yet.',
          unit: units.Short,
          queries: [
            sqlTable(sql`
              SELECT ${day.stationId}, ${day.city}, to_char(${day.day}, 'YYYY-MM-DD') AS day, ${day.n}, ${day.expected}, ${day.coverage}, ${day.complete}
              FROM ${weatherDailyView}
              WHERE ${inDays} AND (NOT ${day.complete} OR ${day.coverage} < 1)
              ORDER BY 3 DESC, ${day.stationId}
              LIMIT 1000`),
          ],
          overrides: [
            { fields: 'coverage', properties: colouredShare },
            { fields: 'day', properties: { links: [whyLink(weatherDailyView)] } },
          ],
          noValue: 'No gaps: every day of the range is over and covered',
        }),
      ],
    },
  ],
})
