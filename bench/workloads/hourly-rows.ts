import type { Cell } from '../../src/views/view.ts'
import { weatherHourlyView } from '../../src/views/weather.ts'
import { hundredths, randomAt } from './random.ts'

/** The view whose rows are written to stores: as wide as views come. */
export const hourlyView = weatherHourlyView

const STATIONS = 64
const HOUR_MS = 3_600_000
const FIRST_HOUR = Date.UTC(2024, 0, 1)

/** Row `index` of `hourlyView`: hour after hour, all stations in each, as topologies make them. */
export function hourlyRow(index: number): Cell[] {
  const station = index % STATIONS
  const hour = FIRST_HOUR + Math.floor(index / STATIONS) * HOUR_MS
  const temperature = hundredths(randomAt(index, 1) * 40 - 5)
  const spread = randomAt(index, 2) * 2
  const cells: Readonly<Record<string, Cell>> = {
    stationId: `station-${String(station).padStart(3, '0')}`,
    hour,
    city: `City ${station}`,
    country: 'FR',
    windowStart: hour,
    n: 6,
    expected: 6,
    coverage: 1,
    complete: true,
    revisedAt: null,
    updatedAt: hour + 50 * 60_000,
    temperatureMean: temperature + randomAt(index, 3) / 3,
    temperatureMin: temperature - spread,
    temperatureMax: temperature + spread,
    humidityMean: randomAt(index, 4) * 100,
    pressureMean: 980 + randomAt(index, 5) * 60,
    windSpeedMean: randomAt(index, 6) * 15,
    windDirectionMean: randomAt(index, 7) * 360,
    precipitationSum: hundredths(randomAt(index, 8)),
    rainHours: randomAt(index, 9) < 0.2 ? 1 : 0,
    stormHours: 0,
    temperatureN: 6,
    humidityN: 6,
    pressureN: 6,
    windSpeedN: 6,
    windDirectionN: 6,
    precipitationN: 6,
  }
  return hourlyView.columns.map(({ name }) => cells[name] ?? null)
}
