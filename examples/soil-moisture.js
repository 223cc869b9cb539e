// @ts-check
// A kind of reading, a view and a topology of one's own, without touching windrow's sources:
//
//   WINDROW_MODULES=examples/soil-moisture.js npm run -s windrow -- run
//
// Readings are published like any others, for instance with
//   WINDROW_MODULES=examples/soil-moisture.js npm run -s windrow -- produce --source file --format canonical --kind soil --file soil.csv
import {
  aggregate,
  calendarDays,
  commonFields,
  defineEvent,
  defineView,
  double,
  keyBy,
  localDay,
  mean,
  min,
  text,
  to,
  topology,
  windowColumns,
} from 'windrow'

/**
 * @typedef {import('windrow').Reading & { probeId: string, moisture: number | null, soilTemperature: number | null }} SoilReading
 */

/** The key, what every reading says of itself, and then what a probe measures. */
const schema = {
  type: 'record',
  name: 'SoilReading',
  namespace: 'com.example',
  fields: [
    { name: 'probe_id', type: 'string', doc: 'Identity of the probe.' },
    ...commonFields,
    { name: 'moisture', type: ['null', 'double'], default: null, doc: 'Volumetric water content.', unit: '%' },
    { name: 'soil_temperature', type: ['null', 'double'], default: null, doc: 'Soil temperature.', unit: 'Cel' },
  ],
}

export const soilReadings = /** @type {import('windrow').EventType<SoilReading>} */ (
  defineEvent({ name: 'soil', topic: 'soil.readings', schema, key: 'probe_id' })
)

export const soilDailyView = defineView({
  name: 'soil_daily',
  doc: 'Soil moisture by probe and local day.',
  key: { probeId: text('Identity of the probe.'), day: localDay('Day of the local calendar.') },
  values: {
    ...windowColumns,
    moistureMean: double('%', 'Mean volumetric water content.'),
    moistureMin: double('%', 'Least volumetric water content.'),
    soilTemperatureMean: double('Cel', 'Mean soil temperature.'),
  },
  stores: ['postgres'],
})

export const soilDaily = topology('soil-daily', soilReadings, (readings) =>
  readings.pipe(
    keyBy('probeId'),
    calendarDays(),
    aggregate({ moistureMean: mean('moisture'), moistureMin: min('moisture'), soilTemperatureMean: mean('soilTemperature') }),
    to(soilDailyView),
  ),
)

export const events = [soilReadings]
export const topologies = [soilDaily]
