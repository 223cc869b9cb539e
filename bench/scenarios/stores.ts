import { hasInfluxdb, startInfluxdb } from '../../scripts/services/influxdb.js'
import { hasPostgres, startPostgres } from '../../scripts/services/postgres.js'
import type { StoreName } from '../../src/views/view.ts'

export interface Store {
  readonly name: StoreName
  /** It can be started on this machine. */
  isHere(): boolean
  /** A new, empty server, and the settings that say where it is. */
  start(): Promise<RunningStore>
}

export interface RunningStore {
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** Every store of views that is a server. */
export const stores: readonly Store[] = [
  {
    name: 'postgres',
    isHere: hasPostgres,
    async start() {
      const { url, stop } = await startPostgres({ fsync: true })
      return { environment: { POSTGRES_URL: url }, stop }
    },
  },
  {
    name: 'influxdb',
    isHere: hasInfluxdb,
    async start() {
      const { url, token, org, bucket, stop } = await startInfluxdb()
      return { environment: { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket }, stop }
    },
  },
]
