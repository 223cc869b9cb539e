import { MOST_STATIONS, type StationFigures } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { dataQualityView } from '../../views/quality.ts'
import { stationsView } from '../../views/stations.ts'
import { remembered } from '../remembered.ts'

const table = tableName('public', stationsView.name)
const KINDS = `SELECT kind, count(*)::int, max(last_reading) FROM ${table} GROUP BY kind ORDER BY kind`
const SILENT = `SELECT kind, station_id, last_reading + interval_minutes * interval '1 minute' AS watermark, interval_minutes::int
FROM ${table} ORDER BY watermark, kind, station_id LIMIT ${MOST_STATIONS}`
/** A last finished day that began longer ago is of an old recording, about which nobody is to be told. */
const QUALITY = `SELECT kind, station_id, score, completeness, timeliness FROM (
  SELECT DISTINCT ON (kind, station_id) kind, station_id, score, completeness, timeliness FROM (
    SELECT DISTINCT ON (kind, station_id, series) kind, station_id, series, score, completeness, timeliness
    FROM ${tableName('public', dataQualityView.name)} WHERE complete AND window_start > now() - interval '8 days'
    ORDER BY kind, station_id, series, window_start DESC) AS of_series
  ORDER BY kind, station_id, score) AS of_station
ORDER BY score, kind, station_id LIMIT ${MOST_STATIONS}`

/** What the view `stations` in Postgres says of all of them. Rejects as the client does. */
async function stationFigures(sql: SqlClient): Promise<Omit<StationFigures, 'quality'>> {
  const kinds = await sql.query(KINDS)
  const silent = await sql.query(SILENT)
  return {
    kinds: kinds.rows.map(([kind, stations, last]) => ({
      kind: String(kind),
      stations: Number(stations),
      lastReadingAt: Date.parse(String(last)),
    })),
    silent: silent.rows.map(([kind, stationId, watermark, minutes]) => ({
      kind: String(kind),
      stationId: String(stationId),
      watermarkAt: Date.parse(String(watermark)),
      intervalSeconds: Number(minutes) * 60,
    })),
  }
}

/** What the view `data_quality` in Postgres says of their last finished days. Rejects as the client does. */
async function stationQuality(sql: SqlClient): Promise<StationFigures['quality']> {
  const { rows } = await sql.query(QUALITY)
  return rows.map(([kind, stationId, score, completeness, timeliness]) => ({
    kind: String(kind),
    stationId: String(stationId),
    score: Number(score),
    completeness: Number(completeness),
    timeliness: timeliness === null ? null : Number(timeliness),
  }))
}

/** All statements sort or count all stations. */
const ASK_EVERY_MS = 10_000
/** Who asks how windrow is does not wait for a slow statement. */
const PATIENCE_MS = 1_500

/** The same, at most some seconds old; null where Postgres does not say, for instance since nobody has written the view yet. */
export function knownStations(sql: SqlClient, clock: Clock, logger: Logger): () => Promise<StationFigures | null> {
  const quality = async () => {
    try {
      return await stationQuality(sql)
    } catch (error) {
      // A data folder of before that view, or of before one of its columns, has none until it is built.
      logger.debug({}, `the quality of the stations' data is not known for now: ${messageOf(error)}`)
      return []
    }
  }
  const ask = remembered(clock, ASK_EVERY_MS, async () => {
    try {
      return { ...(await stationFigures(sql)), quality: await quality() }
    } catch (error) {
      // Whether the views can be read is a question of its own, whose answer everybody sees.
      logger.debug({}, `the stations are not known for now: ${messageOf(error)}`)
      return null
    }
  })
  return async () => {
    const answered = new AbortController()
    const tooLate = clock.sleep(PATIENCE_MS, answered.signal).then(() => null)
    const first = await Promise.race([ask(), tooLate])
    answered.abort()
    return first
  }
}
