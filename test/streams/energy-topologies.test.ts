import { expect, test } from 'vitest'
import type { EnergyReading } from '../../src/events/reading.ts'
import { dailyEnergySummary, energies } from '../../src/streams/topologies/energy.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { energy } from './readings.ts'

const AT = '2025-06-01T10:00:00Z'

test('a joined row is there while both sides are, and negative solar is 0 and marked', () => {
  const driver = topologyDriver<EnergyReading>(energies)
  expect(driver.pipe(energy(AT, null, 50_000))).toEqual([])
  expect(driver.pipe(energy(AT, 'SOLAR', -3))).toMatchObject([
    { isNew: true, row: { consommations: 50_000, productionPv: 0, clamped: true } },
  ])
  expect(driver.pipe(energy(AT, 'SOLAR', 7, { revisedAt: 5 }))).toMatchObject([
    { isNew: false, row: { productionPv: 7, clamped: false, revisedAt: 5 } },
  ])
  expect(driver.pipe(energy(AT, null, null, { revisedAt: 6 }))).toMatchObject([{ row: null }])
  expect(driver.rows().size).toBe(0)
})

test('readings of another interval or another series are not joined', () => {
  const driver = topologyDriver<EnergyReading>(energies)
  driver.pipe(energy(AT, null, 50_000), energy(AT, 'SOLAR', 5, { intervalMinutes: 30 }), energy(AT, 'WIND', 5))
  expect(driver.rows().size).toBe(0)
})

/** The quarters of a day of Europe/Paris. */
function day(fromUtc: string, quarters: number, make: (instant: number, i: number) => EnergyReading[]): EnergyReading[] {
  const from = Date.parse(fromUtc)
  return Array.from({ length: quarters }, (_, i) => make(from + i * 900_000, i)).flat()
}

test.each([
  ['2025-03-30', '2025-03-29T23:00:00Z', 92],
  ['2025-06-01', '2025-05-31T22:00:00Z', 96],
  ['2025-10-26', '2025-10-25T22:00:00Z', 100],
])('the day %s of France has as many quarters as it has', (name, fromUtc, quarters) => {
  const driver = topologyDriver<EnergyReading>(dailyEnergySummary)
  driver.pipe(...day(fromUtc, quarters, (t, i) => [energy(t, null, 40_000 + i), energy(t, 'SOLAR', i)]))
  const row = driver.rows().get(JSON.stringify(['FR', name]))
  const energyMwh = (quarters * 40_000 + (quarters * (quarters - 1)) / 2) / 4
  const pvMwh = (quarters * (quarters - 1)) / 8
  expect(row).toMatchObject({
    n: quarters,
    expected: quarters,
    coverage: 1,
    complete: true,
    consumptionEnergyMwh: energyMwh,
    pvEnergyMwh: pvMwh,
  })
  expect(row?.pvShare).toBeCloseTo(pvMwh / energyMwh, 12)
  expect(row?.loadFactor).toBeCloseTo((energyMwh * 4) / quarters / (40_000 + quarters - 1), 12)
})

test('a day is complete only when both consumption and solar have come to its end', () => {
  const driver = topologyDriver<EnergyReading>(dailyEnergySummary)
  const key = JSON.stringify(['FR', '2025-06-01'])
  driver.pipe(...day('2025-05-31T22:00:00Z', 96, (t) => [energy(t, null, 1)]))
  expect(driver.rows().get(key)).toMatchObject({ n: 96, complete: false, pvEnergyMwh: null, pvShare: null })
  driver.pipe(...day('2025-05-31T22:00:00Z', 95, (t) => [energy(t, 'SOLAR', 1)]))
  expect(driver.rows().get(key)?.complete).toBe(false)
  driver.pipe(energy('2025-06-03T00:00:00Z', 'SOLAR', 1))
  expect(driver.rows().get(key)).toMatchObject({ complete: true, pvN: 95 })
})
