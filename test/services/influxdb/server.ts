import { afterAll, beforeAll } from 'vitest'
import { hasInfluxdb, startInfluxdb } from '../../../scripts/services/influxdb.js'
import type { Influxdb } from '../../../scripts/services/service.js'
import { InfluxClient, type InfluxOptions } from '../../../src/sinks/influxdb/influx-client.ts'

/** Whether a server can be started, and ended, here. */
export const canStart = hasInfluxdb()

export interface TestServer {
  /** Only while tests run. */
  readonly server: Influxdb
  /** For a bucket of its own, which `open` makes. */
  newOptions(): InfluxOptions
  /** A client that is closed in the end. */
  client(options: InfluxOptions): InfluxClient
}

/** A server for the tests of a block. */
export function testServer(): TestServer {
  let server: Influxdb | null = null
  let buckets = 0
  const clients: InfluxClient[] = []
  const running = (): Influxdb => {
    if (server === null) throw new Error('The server is there while tests run')
    return server
  }
  beforeAll(async () => {
    server = await startInfluxdb()
  })
  afterAll(async () => {
    for (const client of clients) client.close()
    await server?.stop()
  })
  return {
    get server() {
      return running()
    },
    newOptions() {
      const { url, token, org } = running()
      buckets += 1
      return { url, token, org, bucket: `windrow-${buckets}` }
    },
    client(options) {
      const client = new InfluxClient(options)
      clients.push(client)
      return client
    },
  }
}
