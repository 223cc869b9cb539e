import type { AirReading, EnergyReading, Reading } from '../../src/events/reading.ts'
import { energySubKey } from '../oracle/energy-rows.ts'
import type { Bounds } from '../oracle/local-calendar.ts'
import type { ExpectedRow, ExpectedRows } from '../oracle/log-record.ts'
import type { EventName } from '../oracle/oracle.ts'
import { endOf } from '../oracle/resolve-readings.ts'
import { coverageOf, expectedIn, greatestOf, known, sumOf } from '../oracle/statistics.ts'
import { groupBy, rowKey } from '../oracle/window-rows.ts'
import { CO_FLOOR, HOP_MINUTES, HOP_SIZE_MINUTES, SESSION_GAP_MINUTES, TUMBLE_MINUTES } from './own-topologies.ts'

const MINUTE = 60_000
const DAY = 1440 * MINUTE

/** The rows of the simulation's own views, worked out naively from the readings in force. */
export function ownRows(event: EventName, current: readonly Reading[]): Record<string, ExpectedRows> {
  switch (event) {
    case 'air':
      return airRows(current as readonly AirReading[])
    case 'energy':
      return { sim_tumbling: tumblingRows(current as readonly EnergyReading[]) }
    case 'weather':
      return {}
  }
}

function airRows(current: readonly AirReading[]): Record<string, ExpectedRows> {
  const views = {
    sim_sessions: new Map<string, ExpectedRow>(),
    sim_high_sessions: new Map<string, ExpectedRow>(),
    sim_hopping: new Map<string, ExpectedRow>(),
  }
  for (const [stationId, unordered] of groupBy(current, (reading) => reading.stationId)) {
    const readings = inOrder(unordered)
    const watermark = Math.max(...readings.map(endOf))
    const high = readings.filter((reading) => (reading.co ?? 0) > CO_FLOOR)
    addSessions(views.sim_sessions, stationId, readings, watermark)
    addSessions(views.sim_high_sessions, stationId, high, watermark)
    for (const start of hopStarts(high)) {
      const bounds = { start, end: start + HOP_SIZE_MINUTES * MINUTE }
      const inside = high.filter(({ timestamp }) => timestamp >= bounds.start && timestamp < bounds.end)
      views.sim_hopping.set(rowKey(stationId, start), { stationId, ...fixedRow(inside, bounds, watermark >= bounds.end, co) })
    }
  }
  return views
}

function addSessions(rows: ExpectedRows, stationId: string, readings: readonly AirReading[], watermark: number): void {
  for (const session of sessionsOf(readings)) {
    const [first, last] = [session[0], session.at(-1)] as [AirReading, AirReading]
    const completeAt = Math.min(last.timestamp + SESSION_GAP_MINUTES * MINUTE, (Math.floor(first.timestamp / DAY) + 1) * DAY)
    const row = fixedRow(session, { start: first.timestamp, end: endOf(last) }, watermark >= completeAt, co)
    rows.set(rowKey(stationId, first.timestamp), { stationId, ...row })
  }
}

function tumblingRows(current: readonly EnergyReading[]): ExpectedRows {
  const rows = new Map<string, ExpectedRow>()
  const size = TUMBLE_MINUTES * MINUTE
  for (const unordered of groupBy(current, (reading) => JSON.stringify([reading.zoneId, energySubKey(reading)])).values()) {
    const readings = inOrder(unordered)
    const { zoneId } = readings[0] as EnergyReading
    const subKey = energySubKey(readings[0] as EnergyReading)
    const watermark = Math.max(...readings.map(endOf))
    for (const inside of groupBy(readings, ({ timestamp }) => String(Math.floor(timestamp / size))).values()) {
      const start = Math.floor((inside[0] as EnergyReading).timestamp / size) * size
      const bounds = { start, end: start + size }
      const row = fixedRow(inside, bounds, watermark >= bounds.end, ({ value }) => value)
      rows.set(rowKey(zoneId, subKey, start), { zoneId, subKey, ...row })
    }
  }
  return rows
}

const co = (reading: AirReading) => reading.co

function inOrder<R extends Reading>(readings: readonly R[]): R[] {
  return [...readings].sort((a, b) => a.timestamp - b.timestamp)
}

/** Readings at most the gap apart, start to start, of one UTC day. */
function sessionsOf<R extends Reading>(readings: readonly R[]): R[][] {
  const sessions: R[][] = []
  for (const reading of readings) {
    const last = sessions.at(-1)?.at(-1)
    const goesOn =
      last !== undefined &&
      reading.timestamp - last.timestamp <= SESSION_GAP_MINUTES * MINUTE &&
      Math.floor(reading.timestamp / DAY) === Math.floor(last.timestamp / DAY)
    if (goesOn) sessions.at(-1)?.push(reading)
    else sessions.push([reading])
  }
  return sessions
}

/** The starts of all hopping windows that hold a reading. */
function hopStarts(readings: readonly Reading[]): Set<number> {
  const starts = new Set<number>()
  const hop = HOP_MINUTES * MINUTE
  for (const { timestamp } of readings) {
    const latest = Math.floor(timestamp / hop) * hop
    for (let start = latest; start > timestamp - HOP_SIZE_MINUTES * MINUTE; start -= hop) starts.add(start)
  }
  return starts
}

function fixedRow<R extends Reading>(
  readings: readonly R[],
  bounds: Bounds,
  complete: boolean,
  measured: (reading: R) => number | null,
) {
  const newest = readings.at(-1) as R
  const values = known(readings.map(measured))
  return {
    city: newest.location.city,
    country: newest.location.country,
    windowStart: bounds.start,
    n: readings.length,
    expected: expectedIn(bounds, newest),
    coverage: coverageOf(readings, bounds),
    complete,
    revisedAt: greatestOf(readings.map((reading) => reading.revisedAt)),
    updatedAt: newest.timestamp,
    total: sumOf(values),
    values: values.length,
    firstValue: values[0] ?? null,
    lastValue: values.at(-1) ?? null,
    median: medianOf(values),
  }
}

function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}
