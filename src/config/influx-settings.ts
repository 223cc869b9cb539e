import { secret, text, url } from './setting.ts'

/** The settings of the views in InfluxDB. */
export const influxSettings = {
  influxUrl: url('INFLUX_URL', ['http', 'https'], {
    section: 'influxdb',
    fallback: null,
    doc: 'An InfluxDB 2 server for the views. Needs `INFLUX_TOKEN` and `INFLUX_ORG`.',
  }),
  influxToken: secret(
    text<string | null>('INFLUX_TOKEN', {
      section: 'influxdb',
      fallback: null,
      pattern: '^[\\x20-\\x7e]+$',
      expects: 'printable characters of ASCII',
      doc: 'A token that may read and write the bucket. To have a bucket made it must be one that may do that too.',
    }),
  ),
  influxOrg: text<string | null>('INFLUX_ORG', {
    section: 'influxdb',
    fallback: null,
    doc: 'The organisation of the bucket.',
  }),
  influxBucket: text('INFLUX_BUCKET', {
    section: 'influxdb',
    fallback: 'windrow',
    doc: "The bucket of the views, windrow's own: measurements in it that are no row of a view are deleted where they have a view's name. It must keep points for ever, and is made where it is missing.",
  }),
  influxCaLocation: text<string | null>('INFLUX_CA_LOCATION', {
    section: 'influxdb',
    fallback: null,
    doc: 'A PEM file of the authorities that the certificate of an `https` address is checked with. Unset: those that Node knows.',
  }),
} as const
