import {
  addedCount,
  count,
  defineView,
  double,
  instant,
  localDay,
  localMonth,
  optionalFlag,
  optionalInstant,
  optionalText,
  text,
} from './view.ts'
import { windowColumns } from './window-columns.ts'

const stationId = text('Identity of the station.')

export const weatherDataView = defineView({
  name: 'weather_data',
  doc: 'The latest revision of every weather reading.',
  key: { stationId, timestamp: instant('Start of the interval.') },
  values: {
    city: optionalText('City of the station.'),
    country: optionalText('Country of the station.'),
    intervalMinutes: count('Length of the interval, minutes.'),
    revisedAt: optionalInstant('When the reading was revised; null for a first value.'),
    temperature: double('Cel', 'Air temperature.'),
    humidity: double('%', 'Relative humidity.'),
    pressure: double('hPa', 'Air pressure.'),
    windSpeed: double('m/s', 'Wind speed.'),
    windDirection: double('deg', 'Direction the wind comes from, clockwise from north.'),
    precipitation: double('mm', 'Precipitation in the interval.'),
    weatherCondition: optionalText('The weather in words, as upstream says it.'),
    isRain: optionalFlag('True when it rained.'),
    isStorm: optionalFlag('True when there was a thunderstorm.'),
    nextHourTemp: double('Cel', "Upstream's forecast of the temperature an hour later."),
    nextHourPrecip: double('mm', "Upstream's forecast of the precipitation in the hour after."),
  },
  stores: ['postgres', 'cassandra', 'influxdb'],
})

const weatherStatistics = {
  temperatureMean: double('Cel', 'Mean temperature.'),
  temperatureMin: double('Cel', 'Least temperature.'),
  temperatureMax: double('Cel', 'Greatest temperature.'),
  humidityMean: double('%', 'Mean relative humidity.'),
  pressureMean: double('hPa', 'Mean air pressure.'),
  windSpeedMean: double('m/s', 'Scalar mean of the wind speed.'),
  windDirectionMean: double('deg', 'Direction of the mean wind vector, clockwise from north; null where the vectors cancel out.'),
  precipitationSum: double('mm', 'Sum of the precipitation.'),
  rainHours: double('h', 'Hours with rain; null when no reading says whether it rained.'),
  stormHours: double('h', 'Hours with a thunderstorm; null when no reading says whether there was one.'),
}

/** Means of means weigh by these, not by `n`: a reading need not have every quantity. */
const weatherCounts = {
  temperatureN: addedCount('Number of readings with a temperature.'),
  humidityN: addedCount('Number of readings with a relative humidity.'),
  pressureN: addedCount('Number of readings with an air pressure.'),
  windSpeedN: addedCount('Number of readings with a wind speed.'),
  windDirectionN: addedCount('Number of readings with a wind speed and a direction.'),
  precipitationN: addedCount('Number of readings with a precipitation.'),
}

const temperatureAmplitude = double('Cel', 'Greatest minus least temperature.')

export const weatherHourlyView = defineView({
  name: 'weather_hourly',
  doc: 'Weather by station and hour.',
  key: { stationId, hour: instant('Instant at which the hour begins.') },
  values: { ...windowColumns, ...weatherStatistics, ...weatherCounts },
  stores: ['postgres', 'cassandra', 'influxdb'],
})

export const weatherDailyView = defineView({
  name: 'weather_daily',
  doc: 'Weather by station and local day.',
  key: { stationId, day: localDay('Day of the local calendar.') },
  values: { ...windowColumns, ...weatherStatistics, temperatureAmplitude, ...weatherCounts },
  stores: ['postgres', 'cassandra', 'influxdb'],
})

export const weatherMonthlyView = defineView({
  name: 'weather_monthly',
  doc: 'Weather by station and local month, over all readings of the month.',
  key: { stationId, month: localMonth('Month of the local calendar.') },
  values: {
    ...windowColumns,
    ...weatherStatistics,
    temperatureAmplitude,
    temperatureTrend: double('Cel', 'Mean temperature minus that of the month before; null where either is missing.'),
    ...weatherCounts,
  },
  stores: ['postgres'],
})
