import { fileNamedBy } from '../../core/file-named-by.ts'
import type { Sink } from '../sink.ts'
import { InfluxClient, type InfluxOptions } from './influx-client.ts'
import { influxSink } from './influx-sink.ts'

export interface InfluxConfig {
  readonly url: string
  readonly token: string
  readonly org: string
  readonly bucket: string
  /** Path of a PEM file, or null. */
  readonly caLocation: string | null
}

/** What of windrow's settings says where the bucket is. */
interface InfluxSettings {
  readonly influxUrl: string | null
  readonly influxToken: { reveal(): string } | null
  readonly influxOrg: string | null
  readonly influxBucket: string
  readonly influxCaLocation: string | null
}

export function influxConfig(settings: InfluxSettings): InfluxConfig {
  return {
    url: settings.influxUrl ?? '',
    token: settings.influxToken?.reveal() ?? '',
    org: settings.influxOrg ?? '',
    bucket: settings.influxBucket,
    caLocation: settings.influxCaLocation,
  }
}

/** The sink as it is configured. Nothing is asked of the server yet. Throws WR_CONFIG_INVALID when the file cannot be read. */
export function openInfluxSink(config: InfluxConfig): Sink {
  return influxSink(optionsOf(config))
}

/** A client as it is configured, for what is beside the views. The caller closes it. */
export function openInfluxClient(config: InfluxConfig): InfluxClient {
  return new InfluxClient(optionsOf(config))
}

function optionsOf({ caLocation, ...options }: InfluxConfig): InfluxOptions {
  const ca = fileNamedBy('INFLUX_CA_LOCATION', caLocation)?.toString()
  return { ...options, ...(ca === undefined ? {} : { ca }) }
}
