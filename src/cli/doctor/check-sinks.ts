import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { Session } from '../session.ts'
import { type Finding, failure, note, warning } from './finding.ts'

/** What each store says of how far it is, and how much of the views it does not have yet. Nothing is made or written. */
export async function checkSinks(session: Session, sinks: readonly Sink[]): Promise<Finding[]> {
  return Promise.all(sinks.map((sink) => checkSink(session, sink)))
}

async function checkSink({ log, catalogue, topicOfView }: Session, sink: Sink): Promise<Finding> {
  const lags = new Map<string, number>()
  const ahead: string[] = []
  try {
    for (const view of catalogue.views.filter(({ stores }) => stores.includes(sink.store))) {
      const topic = await topicOfView(view)
      if (topic === null) continue
      const written = await sink.progress(view, topic)
      let [lag, isAhead] = [0, false]
      for (let partition = 0; partition < topic.partitions; partition++) {
        const { start, end } = await log.bounds(topic, partition)
        const offset = written[partition] ?? 0
        lag += Math.max(0, end - Math.max(start, offset))
        isAhead ||= offset > end
      }
      if (lag > 0) lags.set(view.name, lag)
      if (isAhead) ahead.push(view.name)
    }
  } catch (error) {
    return failure(sink.name, error)
  }
  const where = sink.describe()
  if (ahead.length > 0) {
    const remedy = `The log was put back to an older state: \`windrow run --sinks ${sink.name}\` compares the views with it, and mends them.`
    return warning(sink.name, `${where}: was written further than the log goes: ${ahead.join(', ')}`, remedy)
  }
  if (lags.size === 0) return note(sink.name, `${where}: has all rows of its views`)
  const each = [...lags].map(([view, lag]) => `${lag.toLocaleString('en-US')} of ${view}`)
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
