import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { stationsView } from '../../src/views/stations.ts'
import { isChosen, type Sql, sql } from './sql.ts'
import { sqlVariable } from './variables.ts'
import { columnsOf } from './view-columns.ts'

const s = columnsOf(stationsView)

const kinds: Readonly<Record<'weather' | 'air' | 'energy', Sql>> = {
  weather: { sql: "'weather'" },
  air: { sql: "'air'" },
  energy: { sql: "'energy'" },
}

/** A station without a city is under a dash. */
const cityOrDash = sql`coalesce(${s.city}, '–')`

/** Cities that have stations of a kind. */
export const cityVariable = (kind: 'weather' | 'air'): dashboard.VariableModel =>
  sqlVariable(
    { name: 'city', label: 'City', description: 'Cities with stations of this kind; – are the stations without one' },
    sql`SELECT DISTINCT ${cityOrDash} FROM ${stationsView} WHERE ${s.kind} = ${kinds[kind]} ORDER BY 1`,
  )

/** The stations of a kind in the chosen cities. */
export const stationVariable = (kind: 'weather' | 'air'): dashboard.VariableModel =>
  sqlVariable(
    { name: 'station', label: 'Station', description: 'Stations of the chosen cities' },
    sql`SELECT ${s.stationId} FROM ${stationsView} WHERE ${s.kind} = ${kinds[kind]} AND ${isChosen(cityOrDash, 'city')} ORDER BY 1`,
  )

/** Grid zones. */
export const zoneVariable: dashboard.VariableModel = sqlVariable(
  { name: 'zone', label: 'Zone', description: 'Grid zones' },
  sql`SELECT ${s.stationId} FROM ${stationsView} WHERE ${s.kind} = ${kinds.energy} ORDER BY 1`,
)
