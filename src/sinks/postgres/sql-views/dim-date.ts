import { accepted, notNull, unique } from './checks.ts'
import type { SqlView } from './sql-view.ts'
import { dateKey } from './star-keys.ts'

const NAME = 'dim_date'

/**
 * Whole years, as the date tables of BI tools have to be; so no time zone needs to be asked for the first and last day, and a station
 * whose row comes a moment after its facts orphans none. One function scan: planners of joins count it once.
 */
export const dimDate: SqlView = {
  name: NAME,
  doc: 'Dimension of the star schema: a row a day of the calendar, of all years in which there are readings, without gaps.',
  needs: ['stations'],
  columns: [
    { column: 'date_key', unit: null, doc: 'The day as a number, yyyymmdd: the key of facts.' },
    { column: 'day', unit: null, doc: 'The day.' },
    { column: 'year', unit: null, doc: 'Year.' },
    { column: 'quarter', unit: null, doc: 'Quarter, 1 to 4.' },
    { column: 'month', unit: null, doc: 'Month, 1 to 12.' },
    { column: 'month_name', unit: null, doc: 'Month in English.' },
    { column: 'year_month', unit: null, doc: 'Year and month, 2025-03, as in the monthly views.' },
    { column: 'iso_year', unit: null, doc: 'Year of the ISO week.' },
    { column: 'iso_week', unit: null, doc: 'ISO week, 1 to 53.' },
    { column: 'day_of_week', unit: null, doc: 'ISO day of the week, 1 is Monday, 7 is Sunday.' },
    { column: 'day_name', unit: null, doc: 'Day of the week in English.' },
    { column: 'is_weekend', unit: null, doc: 'True on Saturday and Sunday.' },
    { column: 'day_of_year', unit: null, doc: 'Day of the year, 1 to 366.' },
  ],
  checks: [
    unique(NAME, 'date_key'),
    unique(NAME, 'day'),
    notNull(NAME, 'date_key', 'day', 'year', 'quarter', 'month', 'month_name', 'iso_year', 'iso_week', 'day_of_week'),
    accepted(NAME, 'date_key is the day', `date_key = to_char(day, 'YYYYMMDD')::int`),
    accepted(
      NAME,
      'parts of the day in their bounds',
      `month BETWEEN 1 AND 12 AND quarter = (month + 2) / 3
      AND iso_week BETWEEN 1 AND 53 AND day_of_week BETWEEN 1 AND 7 AND is_weekend = (day_of_week > 5) AND day_of_year BETWEEN 1 AND 366`,
    ),
    {
      name: 'no gaps',
      reads: [],
      failures: (table) => `SELECT 1 FROM ${table(NAME)} HAVING count(*) <> max(day) - min(day) + 1`,
    },
  ],
  query: (table) => {
    const year = (instant: string): string => `(SELECT date_trunc('year', ${instant}) FROM ${table('stations')})`
    const first = year(`min(first_reading) AT TIME ZONE 'UTC' - interval '1 day'`)
    const last = year(`max(last_reading) AT TIME ZONE 'UTC' + interval '2 days'`)
    return `SELECT ${dateKey('d.day')} AS date_key, d.day::date AS day, date_part('year', d.day)::int AS year,
        date_part('quarter', d.day)::int AS quarter, date_part('month', d.day)::int AS month, to_char(d.day, 'FMMonth') AS month_name,
        to_char(d.day, 'YYYY-MM') AS year_month, date_part('isoyear', d.day)::int AS iso_year, date_part('week', d.day)::int AS iso_week,
        date_part('isodow', d.day)::int AS day_of_week, to_char(d.day, 'FMDay') AS day_name, date_part('isodow', d.day) > 5 AS is_weekend,
        date_part('doy', d.day)::int AS day_of_year
      FROM generate_series(${first}, ${last} + interval '1 year -1 day', interval '1 day') AS d(day)`
  },
}
