import { airReadings } from '../../events/air.ts'
import { airHourlyView, dailySensorMeansView, WHO_DAILY_CO, WHO_DAILY_PM25 } from '../../views/air.ts'
import { stationsView } from '../../views/stations.ts'
import { count, coverage, covered, mean } from '../aggregates/standard.ts'
import { aggregate } from '../operators/aggregate.ts'
import { derive } from '../operators/derive.ts'
import { extent } from '../operators/extent.ts'
import { keyBy } from '../operators/key-by.ts'
import { to } from '../operators/to.ts'
import { calendarDays, calendarHours } from '../operators/windows.ts'
import { topology } from '../topology.ts'

/** Air-quality reporting asks for three quarters of the time (Directive 2008/50/EC, annexes VII and XI). */
const VALID_COVERAGE = 0.75

const means = {
  coMean: mean('co'),
  coN: count('co'),
  coCoverage: coverage('co'),
  coValid: covered('co', VALID_COVERAGE),
  no2Mean: mean('no2'),
  no2N: count('no2'),
  no2Coverage: coverage('no2'),
  no2Valid: covered('no2', VALID_COVERAGE),
  o3Mean: mean('o3'),
  o3N: count('o3'),
  o3Coverage: coverage('o3'),
  o3Valid: covered('o3', VALID_COVERAGE),
  pm10Mean: mean('pm10'),
  pm10N: count('pm10'),
  pm10Coverage: coverage('pm10'),
  pm10Valid: covered('pm10', VALID_COVERAGE),
  pm25Mean: mean('pm25'),
  pm25N: count('pm25'),
  pm25Coverage: coverage('pm25'),
  pm25Valid: covered('pm25', VALID_COVERAGE),
  temperatureMean: mean('temperature'),
  humidityMean: mean('humidity'),
}

export const airHourly = topology('air-hourly', airReadings, (readings) =>
  readings.pipe(keyBy('stationId'), calendarHours(), aggregate(means), to(airHourlyView)),
)

export const dailySensorMeans = topology('daily-sensor-means', airReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    calendarDays(),
    aggregate(means),
    derive(1, (row) => ({
      coExceedsWho: row.coMean === null ? null : row.coMean > WHO_DAILY_CO,
      pm25ExceedsWho: row.pm25Mean === null ? null : row.pm25Mean > WHO_DAILY_PM25,
    })),
    to(dailySensorMeansView),
  ),
)

export const airStations = topology('air-stations', airReadings, (readings) =>
  readings.pipe(keyBy('stationId'), extent('air'), to(stationsView)),
)
