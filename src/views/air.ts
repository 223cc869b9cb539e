import {
  type ColumnSpec,
  count,
  defineView,
  double,
  flag,
  instant,
  localDay,
  optionalFlag,
  requiredDouble,
  text,
} from './view.ts'
import { windowColumns } from './window-columns.ts'

const stationId = text('Identity of the station.')

interface Quantity<Name extends string> {
  readonly name: Name
  readonly unit: string
  readonly label: string
}

type QuantityColumns<Name extends string> = { readonly [K in `${Name}Mean`]: ColumnSpec<number | null> } & {
  readonly [K in `${Name}N`]: ColumnSpec<number>
} & { readonly [K in `${Name}Coverage`]: ColumnSpec<number> } & { readonly [K in `${Name}Valid`]: ColumnSpec<boolean> }

/** The columns of one measured quantity. */
function quantity<Name extends string>({ name, unit, label }: Quantity<Name>): QuantityColumns<Name> {
  return {
    [`${name}Mean`]: double(unit, `Mean ${label}.`),
    [`${name}N`]: count(`Number of readings with ${label}.`),
    [`${name}Coverage`]: requiredDouble('1', `Minutes covered by readings with ${label} / minutes of the window, at most 1.`),
    [`${name}Valid`]: flag(`True when that coverage is at least 0.75, as air-quality reporting asks for.`),
  } as QuantityColumns<Name>
}

const quantities = {
  ...quantity({ name: 'co', unit: 'mg/m3', label: 'carbon monoxide' }),
  ...quantity({ name: 'no2', unit: 'ug/m3', label: 'nitrogen dioxide' }),
  ...quantity({ name: 'o3', unit: 'ug/m3', label: 'ozone' }),
  ...quantity({ name: 'pm10', unit: 'ug/m3', label: 'PM10' }),
  ...quantity({ name: 'pm25', unit: 'ug/m3', label: 'PM2.5' }),
  temperatureMean: double('Cel', 'Mean air temperature.'),
  humidityMean: double('%', 'Mean relative humidity.'),
}

export const airHourlyView = defineView({
  name: 'air_hourly',
  doc: 'Air quality by station and hour.',
  key: { stationId, hour: instant('Instant at which the hour begins.') },
  values: { ...windowColumns, ...quantities },
  stores: ['postgres', 'cassandra', 'influxdb'],
})

/** WHO global air quality guidelines 2021, 24-hour mean: CO 4 mg/m3, PM2.5 15 ug/m3. */
export const WHO_DAILY_CO = 4
export const WHO_DAILY_PM25 = 15

export const dailySensorMeansView = defineView({
  name: 'daily_sensor_means',
  doc: 'Air quality by station and local day, against the daily guidelines of the WHO (2021).',
  key: { stationId, day: localDay('Day of the local calendar.') },
  values: {
    ...windowColumns,
    ...quantities,
    coExceedsWho: optionalFlag(`True when the mean of carbon monoxide is above ${WHO_DAILY_CO} mg/m3; null without a mean.`),
    pm25ExceedsWho: optionalFlag(`True when the mean of PM2.5 is above ${WHO_DAILY_PM25} ug/m3; null without a mean.`),
  },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
