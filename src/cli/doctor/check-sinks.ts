import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { Session } from '../session.ts'
import { sinkLags, type ViewLag } from '../sinks/sink-lags.ts'
import { type Finding, failure, note, warning } from './finding.ts'

/** What each store says of how far it is, and how much of the views it does not have yet. Nothing is made or written. */
export async function checkSinks(session: Session, sinks: readonly Sink[]): Promise<Finding[]> {
  return Promise.all(sinks.map((sink) => checkSink(session, sink)))
}

async function checkSink(session: Session, sink: Sink): Promise<Finding> {
  try {
    return lagFinding(sink, await sinkLags(session, sink))
  } catch (error) {
    return failure(sink.name, error)
  }
}

function lagFinding(sink: Sink, lags: readonly ViewLag[]): Finding {
  const where = sink.describe()
  const ahead = lags.filter(({ isAhead }) => isAhead)
  if (ahead.length > 0) {
    const remedy = `The log was put back to an older state: \`windrow run --sinks ${sink.name}\` compares the views with it, and mends them.`
    return warning(
      sink.name,
      `${where}: was written further than the log goes: ${ahead.map(({ view }) => view).join(', ')}`,
      remedy,
    )
  }
  const behind = lags.filter(({ lag }) => lag > 0)
  if (behind.length === 0) return note(sink.name, `${where}: has all rows of its views`)
  const each = behind.map(({ view, lag }) => `${lag.toLocaleString('en-US')} of ${view}`)
  const remedy = `While a process writes there this is what it is behind; else run \`windrow run --sinks ${sink.name}\`.`
  return warning(sink.name, `${where}: changes not written yet: ${each.join(', ')}`, remedy)
}

/** What the processes that write say of themselves, where there is a Postgres that they say it in. */
export async function checkSinkReports(sql: SqlClient): Promise<Finding[]> {
  const { rows: found } = await sql.query("SELECT to_regclass('public.pipeline_health') IS NOT NULL")
  if (found[0]?.[0] !== true) return []
  const { rows } = await sql.query(
    `SELECT split_part(name, '/', 1), count(*) FILTER (WHERE state = 'waiting'), sum(lag), sum(rows_per_second), sum(retries),
            (array_agg(last_error ORDER BY substring(last_error from ' at (\\S+):') DESC NULLS LAST))[1]
     FROM pipeline_health WHERE part = 'sink' AND heartbeat > now() - interval '1 minute' GROUP BY 1 ORDER BY 1`,
  )
  return rows.map(([sink, waiting, lag, rate, retries, error]) => {
    const figures = `lag ${Number(lag)}, ${Math.round(Number(rate))} rows/s, ${Number(retries)} retries`
    const last = error === null ? '' : `, last error ${String(error)}`
    const text = `is written: ${figures}${last}`
    if (Number(waiting) === 0) return note(`${String(sink)} sink`, text)
    return warning(`${String(sink)} sink`, text, 'It tries again by itself; the error says what helps.')
  })
}
