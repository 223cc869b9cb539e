import { weatherReadings } from '../../events/weather.ts'
import { stationsView } from '../../views/stations.ts'
import { weatherDailyView, weatherDataView, weatherHourlyView, weatherMonthlyView } from '../../views/weather.ts'
import { changeFromPrevious, count, hoursWhere, max, mean, min, sum, vectorCount, vectorMean } from '../aggregates/standard.ts'
import { aggregate } from '../operators/aggregate.ts'
import { derive, difference } from '../operators/derive.ts'
import { extent } from '../operators/extent.ts'
import { keyBy } from '../operators/key-by.ts'
import { latest } from '../operators/latest.ts'
import { to } from '../operators/to.ts'
import { calendarDays, calendarHours, calendarMonths } from '../operators/windows.ts'
import { topology } from '../topology.ts'

const statistics = {
  temperatureMean: mean('temperature'),
  temperatureMin: min('temperature'),
  temperatureMax: max('temperature'),
  humidityMean: mean('humidity'),
  pressureMean: mean('pressure'),
  windSpeedMean: mean('windSpeed'),
  windDirectionMean: vectorMean('windSpeed', 'windDirection'),
  precipitationSum: sum('precipitation'),
  rainHours: hoursWhere('isRain'),
  stormHours: hoursWhere('isStorm'),
  temperatureN: count('temperature'),
  humidityN: count('humidity'),
  pressureN: count('pressure'),
  windSpeedN: count('windSpeed'),
  windDirectionN: vectorCount('windSpeed', 'windDirection'),
  precipitationN: count('precipitation'),
}

const amplitude = (row: { temperatureMax: number | null; temperatureMin: number | null }) => ({
  temperatureAmplitude: difference(row.temperatureMax, row.temperatureMin),
})

export const weatherData = topology('weather-data', weatherReadings, (readings) =>
  readings.pipe(keyBy('stationId'), latest(), to(weatherDataView)),
)

export const weatherHourly = topology('weather-hourly', weatherReadings, (readings) =>
  readings.pipe(keyBy('stationId'), calendarHours(), aggregate(statistics), to(weatherHourlyView)),
)

export const weatherDaily = topology('weather-daily', weatherReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    calendarDays(),
    aggregate(statistics),
    derive(1, (row) => amplitude(row)),
    to(weatherDailyView),
  ),
)

export const weatherMonthly = topology('weather-monthly', weatherReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    calendarMonths(),
    aggregate({ ...statistics, temperatureTrend: changeFromPrevious(mean('temperature')) }),
    derive(1, (row) => amplitude(row)),
    to(weatherMonthlyView),
  ),
)

export const weatherStations = topology('weather-stations', weatherReadings, (readings) =>
  readings.pipe(keyBy('stationId'), extent('weather'), to(stationsView)),
)
