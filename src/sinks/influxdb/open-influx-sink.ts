import { readFileSync } from 'node:fs'
import { messageOf, WindrowError } from '../../core/errors.ts'
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

/** The sink as it is configured. Nothing is asked of the server yet. Throws WR_INFLUX_CA when the file cannot be read. */
export function openInfluxSink(config: InfluxConfig): Sink {
  return influxSink(optionsOf(config))
}

/** A client as it is configured, for what is beside the views. The caller closes it. */
export function openInfluxClient(config: InfluxConfig): InfluxClient {
  return new InfluxClient(optionsOf(config))
}

function optionsOf({ caLocation, ...options }: InfluxConfig): InfluxOptions {
  return { ...options, ...(caLocation === null ? {} : { ca: authorities(caLocation) }) }
}

function authorities(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new WindrowError('WR_INFLUX_CA', {
      message: `the file of INFLUX_CA_LOCATION cannot be read: ${messageOf(error)}`,
      remedy: 'Correct the path, or unset it to trust the authorities that Node knows.',
      facts: { path },
      kind: 'usage',
      cause: error,
    })
  }
}
