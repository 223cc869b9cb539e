import { accepted, notNull, references, unique } from './checks.ts'
import type { SqlView } from './sql-view.ts'
import { dateKey, hourKey } from './star-keys.ts'

const NAME = 'dim_hour'

/** What a clock of the zone is ahead of UTC at a time of UTC. */
const offset = (utc: string): string => `((${utc}) AT TIME ZONE 'UTC' AT TIME ZONE z.time_zone - (${utc}))`

/**
 * The first second after `from` at which the offset is not `before` any more, within two days, in which a zone changes once at most.
 * Series of constant numbers: of others planners expect a thousand rows, and compile queries for them.
 */
function transition(from: string, before: string): string {
  return `(SELECT min(c.x)
    FROM (SELECT max(x.x) AS x FROM generate_series(0, 48) AS i, LATERAL (SELECT ${from} + i * interval '1 hour' AS x) AS x
      WHERE ${offset('x.x')} = ${before}) AS a
    CROSS JOIN LATERAL (SELECT max(x.x) AS x FROM generate_series(0, 59) AS i, LATERAL (SELECT a.x + i * interval '1 minute' AS x) AS x
      WHERE ${offset('x.x')} = ${before}) AS b
    CROSS JOIN LATERAL (SELECT b.x + i * interval '1 second' AS x FROM generate_series(1, 60) AS i) AS c
    WHERE ${offset('c.x')} <> ${before})`
}

/** The time of UTC at which a local day begins, as `TimeZone.dayStart` has it: the first one whose local date is the day or a later one. */
function dayStart(midnight: string): string {
  const [from, until] = [`${midnight} - interval '1 day'`, `${midnight} + interval '1 day'`]
  return `(SELECT CASE WHEN o.before = o.after THEN ${midnight} - o.before
      ELSE (SELECT CASE WHEN ${midnight} - o.before < t.at THEN ${midnight} - o.before ELSE greatest(t.at, ${midnight} - o.after) END
        FROM (SELECT ${transition(from, 'o.before')} AS at OFFSET 0) AS t) END
    FROM (SELECT ${offset(from)} AS before, ${offset(until)} AS after OFFSET 0) AS o)`
}

/**
 * Local days, cut where the offset changes, cut into local clock hours: the same as `TimeZone.hourSpan`. Days come first, so that a
 * condition on the day or zone makes no other hours. Times within are those of UTC without a zone: the session's own has no say.
 */
export const dimHour: SqlView = {
  name: NAME,
  doc: 'Dimension of the star schema: a row a time zone and local clock hour, from the first to the last reading of the zone’s stations.',
  needs: ['stations'],
  columns: [
    { column: 'hour_key', unit: null, doc: 'Zone and instant, Europe/Paris 2025-03-30T01:00:00Z: the key of facts.' },
    { column: 'time_zone', unit: null, doc: 'IANA time zone.' },
    { column: 'hour', unit: null, doc: 'Instant at which the hour begins.' },
    { column: 'date_key', unit: null, doc: 'The local day, yyyymmdd: joins dim_date.' },
    { column: 'day', unit: null, doc: 'The local day.' },
    { column: 'local_hour', unit: null, doc: 'Hour of the local clock, 0 to 23.' },
    { column: 'utc_offset_minutes', unit: 'min', doc: 'How far the clock is ahead of UTC.' },
    {
      column: 'is_dst',
      unit: null,
      doc: 'True where the clock is ahead of the lesser of its offsets on 1 January and 1 July of the year.',
    },
    {
      column: 'is_repeated',
      unit: null,
      doc: 'True where the clock shows this hour, or a part of it, for the second time in the day.',
    },
    { column: 'minutes', unit: 'min', doc: 'Length of the hour: 60, but where the clock changes by a part of an hour.' },
  ],
  checks: [
    unique(NAME, 'hour_key'),
    unique(NAME, 'time_zone', 'hour'),
    notNull(
      NAME,
      'hour_key',
      'time_zone',
      'hour',
      'date_key',
      'local_hour',
      'utc_offset_minutes',
      'is_dst',
      'is_repeated',
      'minutes',
    ),
    references(NAME, 'date_key', 'dim_date'),
    accepted(
      NAME,
      'parts in their bounds',
      `local_hour BETWEEN 0 AND 23 AND minutes BETWEEN 1 AND 60
      AND utc_offset_minutes BETWEEN -960 AND 960`,
    ),
    {
      name: 'hours follow each other',
      reads: [],
      failures: (table) => `SELECT 1 FROM (SELECT hour, hour + make_interval(mins => minutes) AS ends,
        lead(hour) OVER (PARTITION BY time_zone ORDER BY hour) AS next FROM ${table(NAME)}) AS h WHERE next <> ends`,
    },
  ],
  query: (
    table,
  ) => `SELECT ${hourKey('z.time_zone', 'h.hour')} AS hour_key, z.time_zone, h.hour, ${dateKey('g.midnight')} AS date_key,
      g.midnight::date AS day, date_part('hour', l.clock)::int AS local_hour,
      round(extract(epoch FROM p.utc_offset) / 60)::int AS utc_offset_minutes, p.utc_offset > y.standard AS is_dst,
      p.part = 1 AND c.after < c.before AND h.starts < c.at + (c.before - c.after) AS is_repeated,
      round(extract(epoch FROM least(l.clock + interval '1 hour' - p.utc_offset, p.ends) - h.starts) / 60)::int AS minutes
    FROM (SELECT time_zone, min(first_reading) AS first_reading, max(last_reading) AS last_reading FROM ${table('stations')}
      GROUP BY time_zone) AS z
    CROSS JOIN LATERAL generate_series(date_trunc('day', z.first_reading AT TIME ZONE 'UTC' - interval '1 day'),
      date_trunc('day', z.last_reading AT TIME ZONE 'UTC' + interval '2 days'), interval '1 day') AS g(midnight)
    CROSS JOIN LATERAL (SELECT ${dayStart('g.midnight')} AS starts, ${dayStart(`(g.midnight + interval '1 day')`)} AS ends OFFSET 0) AS d
    CROSS JOIN LATERAL (SELECT ${offset('d.starts')} AS before, ${offset(`d.ends - interval '1 microsecond'`)} AS after OFFSET 0) AS o
    CROSS JOIN LATERAL (SELECT o.before, o.after,
      CASE WHEN o.before = o.after THEN d.ends ELSE ${transition('d.starts', 'o.before')} END AS at OFFSET 0) AS c
    CROSS JOIN LATERAL (SELECT least(${offset(`date_trunc('year', g.midnight)`)},
      ${offset(`date_trunc('year', g.midnight) + interval '6 months'`)}) AS standard OFFSET 0) AS y
    CROSS JOIN LATERAL (VALUES (0, d.starts, c.at, c.before), (1, c.at, d.ends, c.after)) AS p(part, starts, ends, utc_offset)
    CROSS JOIN generate_series(0, 27) AS i(hours)
    CROSS JOIN LATERAL (SELECT date_trunc('hour', p.starts + p.utc_offset) + i.hours * interval '1 hour' AS clock) AS l
    CROSS JOIN LATERAL (SELECT greatest(l.clock - p.utc_offset, p.starts) AS starts,
      greatest(l.clock - p.utc_offset, p.starts) AT TIME ZONE 'UTC' AS hour) AS h
    WHERE l.clock - p.utc_offset < p.ends AND p.starts < p.ends`,
}
