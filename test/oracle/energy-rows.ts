import type { EnergyReading } from '../../src/events/reading.ts'
import { dayBounds, dayOf } from './local-calendar.ts'
import type { ExpectedRow, ExpectedRows } from './log-record.ts'
import { endOf } from './resolve-readings.ts'
import { coverageOf, expectedIn, greatestOf, known, leastOf, meanOf, quotientOf, sumOf } from './statistics.ts'
import { groupBy, rowKey } from './window-rows.ts'

/** Consumption and solar production of the same start and interval: at least one of them. */
interface Pair {
  readonly timestamp: number
  readonly intervalMinutes: number
  readonly consumption: EnergyReading | null
  readonly pv: EnergyReading | null
}

/** `consumption`, `production/SOLAR`: the series and, where there is one, the production type. */
export function energySubKey({ series, productionType }: EnergyReading): string {
  return productionType === null ? series : `${series}/${productionType}`
}

/** The rows of every energy view, from the readings in force. Of all series only consumption and solar production matter. */
export function energyRows(current: readonly EnergyReading[]): Record<string, ExpectedRows> {
  const views = { energies: new Map<string, ExpectedRow>(), daily_energy_summary: new Map<string, ExpectedRow>() }
  for (const [zoneId, readings] of groupBy(current, (reading) => reading.zoneId)) {
    const consumption = readings.filter((reading) => energySubKey(reading) === 'consumption')
    const pv = readings.filter((reading) => energySubKey(reading) === 'production/SOLAR')
    const pairs = pairsOf(consumption, pv)
    // The least over the series that the view uses; one that was never seen completes nothing.
    const watermark = Math.min(latestEnd(consumption), latestEnd(pv))
    for (const pair of pairs) {
      const row = energiesRow(zoneId, pair)
      if (row !== null) views.energies.set(rowKey(zoneId, pair.timestamp), row)
    }
    const byDay = groupBy(pairs, (pair) => dayOf(pair.timestamp, placeOf(pair).timeZone))
    for (const [day, inDay] of byDay)
      views.daily_energy_summary.set(rowKey(zoneId, day), summaryRow(zoneId, day, inDay, watermark))
  }
  return views
}

/** In the order of their starts, the shorter interval first where two begin together. */
function pairsOf(consumption: readonly EnergyReading[], pv: readonly EnergyReading[]): Pair[] {
  const pairs = new Map<string, Pair>()
  const slot = ({ timestamp, intervalMinutes }: EnergyReading) => `${timestamp} ${intervalMinutes}`
  for (const reading of consumption) {
    const { timestamp, intervalMinutes } = reading
    pairs.set(slot(reading), { timestamp, intervalMinutes, consumption: reading, pv: null })
  }
  for (const reading of pv) {
    const { timestamp, intervalMinutes } = reading
    const other = pairs.get(slot(reading))?.consumption ?? null
    pairs.set(slot(reading), { timestamp, intervalMinutes, consumption: other, pv: reading })
  }
  return [...pairs.values()].sort((a, b) => a.timestamp - b.timestamp || a.intervalMinutes - b.intervalMinutes)
}

/** A pair is where its consumption is; without one, where its solar production is. */
function placeOf(pair: Pair) {
  return ((pair.consumption ?? pair.pv) as EnergyReading).location
}

function energiesRow(zoneId: string, pair: Pair): ExpectedRow | null {
  const consumed = pair.consumption?.value ?? null
  const produced = pair.pv?.value ?? null
  if (consumed === null || produced === null) return null
  return {
    zoneId,
    timestamp: pair.timestamp,
    consommations: Math.max(0, consumed),
    productionPv: Math.max(0, produced),
    city: placeOf(pair).city,
    country: placeOf(pair).country,
    intervalMinutes: pair.intervalMinutes,
    clamped: consumed < 0 || produced < 0,
    revisedAt: revisionOf([pair]),
  }
}

function summaryRow(zoneId: string, day: string, pairs: readonly Pair[], watermark: number): ExpectedRow {
  const newest = pairs.at(-1) as Pair
  const place = placeOf(newest)
  const bounds = dayBounds(day, place.timeZone)
  const measured = pairs.filter((pair) => consumedIn(pair) !== null)
  const consumption = measured.map(consumedIn)
  const pv = pairs.map(producedIn)
  const both = measured.filter((pair) => producedIn(pair) !== null)
  const mean = meanOf(consumption)
  const greatest = greatestOf(consumption)
  const consumedWithBoth = sumOf(both.map((pair) => energyMwh(pair, consumedIn(pair))))
  return {
    zoneId,
    day,
    city: place.city,
    country: place.country,
    windowStart: bounds.start,
    n: measured.length,
    expected: expectedIn(bounds, newest),
    coverage: coverageOf(measured, bounds),
    complete: watermark >= bounds.end,
    revisedAt: revisionOf(pairs),
    updatedAt: newest.timestamp,
    consumptionMean: mean,
    consumptionMin: leastOf(consumption),
    consumptionMax: greatest,
    consumptionEnergyMwh: sumOf(pairs.map((pair) => energyMwh(pair, consumedIn(pair)))),
    loadFactor: quotientOf(mean, greatest),
    pvN: known(pv).length,
    pvEnergyMwh: sumOf(pairs.map((pair) => energyMwh(pair, producedIn(pair)))),
    pvShare: quotientOf(sumOf(both.map((pair) => energyMwh(pair, producedIn(pair)))), consumedWithBoth),
    pvClampedN: pairs.filter((pair) => (pair.pv?.value ?? 0) < 0).length,
  }
}

function consumedIn(pair: Pair): number | null {
  return pair.consumption?.value ?? null
}

/** Solar production, never below 0. */
function producedIn(pair: Pair): number | null {
  const value = pair.pv?.value ?? null
  return value === null ? null : Math.max(0, value)
}

function energyMwh(pair: Pair, megawatts: number | null): number | null {
  return megawatts === null ? null : (megawatts * pair.intervalMinutes) / 60
}

function revisionOf(pairs: readonly Pair[]): number | null {
  return greatestOf(pairs.flatMap((pair) => [pair.consumption?.revisedAt ?? null, pair.pv?.revisedAt ?? null]))
}

function latestEnd(readings: readonly EnergyReading[]): number {
  return Math.max(...readings.map(endOf))
}
