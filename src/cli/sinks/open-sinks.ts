import type { Config } from '../../config/load-config.ts'
import type { Logger } from '../../core/logger.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { StoreName } from '../../views/view.ts'

export interface OpenSinksOptions {
  readonly config: Config
  readonly names: readonly StoreName[]
  /** Of the Postgres sink, which does not close it. */
  readonly sql: SqlClient | null
  readonly logger: Logger
}

/** The sinks of these names, as configured. Nothing is asked of a server yet; a driver is loaded when its store is written to. */
export function openSinks(options: OpenSinksOptions): Promise<Sink[]> {
  return Promise.all(options.names.map((name) => openSink(name, options)))
}

async function openSink(name: StoreName, { config, sql, logger }: OpenSinksOptions): Promise<Sink> {
  switch (name) {
    case 'postgres': {
      const { postgresSink } = await import('../../sinks/postgres/postgres-sink.ts')
      if (sql === null) throw new TypeError('The Postgres sink needs a client.')
      const place = { latitude: config.latitude, longitude: config.longitude }
      return postgresSink({ client: sql, place, logger })
    }
    case 'influxdb': {
      const { influxConfig, openInfluxSink } = await import('../../sinks/influxdb/open-influx-sink.ts')
      return openInfluxSink(influxConfig(config))
    }
    case 'cassandra': {
      const { openCassandraSink } = await import('../../sinks/cassandra/open-cassandra-sink.ts')
      return openCassandraSink({
        contactPoints: config.cassandraContactPoints,
        localDc: config.cassandraLocalDc,
        keyspace: config.cassandraKeyspace,
        replication: config.cassandraReplication,
        consistency: config.cassandraConsistency,
        username: config.cassandraUsername,
        password: config.cassandraPassphrase?.reveal() ?? null,
        tls:
          config.cassandraTls === 'false'
            ? null
            : {
                caLocation: config.cassandraTlsCaLocation,
                certificateLocation: config.cassandraTlsCertificateLocation,
                keyLocation: config.cassandraTlsKeyLocation,
                checksHost: config.cassandraTlsHostCheck === 'true',
              },
      })
    }
  }
}
