import type { Config } from '../config/load-config.ts'
import type { PipelineHealthRow } from '../sinks/pipeline-health.ts'
import { preparePipelineHealth, writePipelineHealth } from '../sinks/postgres/pipeline-health-table.ts'
import type { SqlClient } from '../sinks/postgres/sql-client.ts'

const SCHEMA = 'public'

/** Where the reports of how the pipeline is go. */
export interface HealthStore {
  /** `at`: milliseconds since the epoch. */
  write(rows: readonly PipelineHealthRow[], at: number): Promise<void>
  close(): void
}

export function postgresHealthStore(sql: SqlClient): HealthStore {
  let isPrepared = false
  return {
    async write(rows) {
      if (!isPrepared) await preparePipelineHealth(sql, SCHEMA)
      isPrepared = true
      await writePipelineHealth(sql, SCHEMA, rows)
    },
    close: () => undefined,
  }
}

/** The bucket of the views. */
export async function influxHealthStore(config: Config): Promise<HealthStore> {
  const { influxConfig, openInfluxClient } = await import('../sinks/influxdb/open-influx-sink.ts')
  const { writeInfluxPipelineHealth } = await import('../sinks/influxdb/pipeline-health-points.ts')
  const client = openInfluxClient(influxConfig(config))
  return {
    write: (rows, at) => writeInfluxPipelineHealth(client, rows, at),
    close: () => client.close(),
  }
}
