import {
  type Columns,
  count,
  defineView,
  double,
  flag,
  instant,
  localDay,
  localMonth,
  optionalFlag,
  optionalInstant,
  optionalText,
  requiredDouble,
  text,
} from '../../src/views/view.ts'

// The views of the project as the API sees them, declared anew so that these tests depend on nothing but the shape of a view.

const stationId = text('The station.')
const zoneId = text('The zone.')
const hour = instant('Start of the hour, UTC.')
const day = localDay("Day of the station's own calendar.")

const place: Columns = { city: optionalText('City.'), country: optionalText('Country.') }
const windowStart: Columns = { windowStart: instant('Start of the window.') }
const trust: Columns = {
  n: count('Readings in the window.'),
  expected: count('Readings that the window has room for.'),
  coverage: requiredDouble('1', 'Share of the window that readings cover.'),
  complete: flag('The window is over by event time.'),
  revisedAt: optionalInstant('The newest revision among its readings.'),
  updatedAt: instant('Event time of its newest reading.'),
}
const weather: Columns = {
  temperatureMean: double('Cel', 'Mean air temperature.'),
  temperatureMin: double('Cel', 'Lowest air temperature.'),
  temperatureMax: double('Cel', 'Highest air temperature.'),
  humidityMean: double('%', 'Mean relative humidity.'),
  pressureMean: double('hPa', 'Mean air pressure.'),
  windSpeedMean: double('m/s', 'Mean wind speed.'),
  windDirectionMean: double('deg', 'Vector mean of the direction the wind comes from.'),
  precipitationSum: double('mm', 'Precipitation.'),
  rainHours: double('h', 'Hours with rain.'),
  stormHours: double('h', 'Hours with a storm.'),
}
const amplitude: Columns = { temperatureAmplitude: double('Cel', 'Highest minus lowest temperature.') }
const pollutant = (name: string, unit: string, doc: string): Columns => ({
  [`${name}Mean`]: double(unit, doc),
  [`${name}N`]: count(`Readings that have it.`),
  [`${name}Coverage`]: requiredDouble('1', 'Share of the window that they cover.'),
  [`${name}Valid`]: flag('At least 75 % are covered.'),
})
const air: Columns = {
  ...pollutant('co', 'mg/m3', 'Mean carbon monoxide.'),
  ...pollutant('no2', 'ug/m3', 'Mean nitrogen dioxide.'),
  ...pollutant('o3', 'ug/m3', 'Mean ozone.'),
  ...pollutant('pm10', 'ug/m3', 'Mean particles up to 10 µm.'),
  ...pollutant('pm25', 'ug/m3', 'Mean particles up to 2.5 µm.'),
}

export const weatherHourly = defineView({
  name: 'weather_hourly',
  doc: 'The weather of every hour of a station.',
  key: { stationId, hour },
  values: { ...place, ...windowStart, ...weather, ...trust },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
export const weatherDaily = defineView({
  name: 'weather_daily',
  doc: 'The weather of every local day of a station.',
  key: { stationId, day },
  values: { ...place, ...windowStart, ...weather, ...amplitude, ...trust },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
export const weatherMonthly = defineView({
  name: 'weather_monthly',
  doc: 'The weather of every local month of a station.',
  key: { stationId, month: localMonth('Month of the local calendar.') },
  values: {
    ...place,
    ...windowStart,
    ...weather,
    ...amplitude,
    temperatureTrend: double('Cel', 'Mean minus that of the month before.'),
    ...trust,
  },
  stores: ['postgres'],
})
export const energies = defineView({
  name: 'energies',
  doc: 'Consumption and solar production of the same interval.',
  key: { zoneId, timestamp: instant('Start of the interval, UTC.') },
  values: { consommations: requiredDouble('MW', 'Consumption.'), productionPv: requiredDouble('MW', 'Solar production.') },
  stores: ['postgres', 'influxdb'],
})
export const dailyEnergySummary = defineView({
  name: 'daily_energy_summary',
  doc: 'Consumption and solar energy of every local day of a zone.',
  key: { zoneId, day },
  values: {
    ...place,
    ...windowStart,
    consumptionMean: double('MW', 'Mean consumption.'),
    consumptionMin: double('MW', 'Lowest consumption.'),
    consumptionMax: double('MW', 'Highest consumption.'),
    consumptionEnergyMwh: double('MWh', 'Energy consumed.'),
    loadFactor: double('1', 'Mean consumption over the highest.'),
    pvEnergyMwh: double('MWh', 'Solar energy.'),
    pvShare: double('1', 'Solar energy over energy consumed.'),
    ...trust,
  },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
export const airHourly = defineView({
  name: 'air_hourly',
  doc: 'The air of every hour of a station.',
  key: { stationId, hour },
  values: { ...place, ...windowStart, ...air, ...trust },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
export const dailySensorMeans = defineView({
  name: 'daily_sensor_means',
  doc: 'The air of every local day of a station, against the WHO guideline.',
  key: { stationId, day },
  values: {
    ...place,
    ...windowStart,
    ...air,
    coExceedsWho: optionalFlag('Above 4 mg/m3.'),
    pm25ExceedsWho: optionalFlag('Above 15 ug/m3.'),
    ...trust,
  },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
export const stationsView = defineView({
  name: 'stations',
  doc: 'Every station and zone.',
  key: { kind: text('weather, energy or air.'), stationId },
  values: {
    ...place,
    latitude: double('deg', 'Degrees north.'),
    longitude: double('deg', 'Degrees east.'),
    timeZone: text('IANA time zone.'),
    intervalMinutes: count('Minutes from a reading to the next.'),
    firstReading: instant('Start of its first reading.'),
    lastReading: instant('Start of its last reading.'),
  },
  stores: ['postgres'],
})
