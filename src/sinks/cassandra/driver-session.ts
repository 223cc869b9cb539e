import cassandra from 'cassandra-driver'
import { cassandraError } from './cassandra-errors.ts'
import type { CassandraConsistency, CassandraOptions } from './cassandra-options.ts'
import type { CqlParameter } from './cell-bytes.ts'
import { clientOptions, describeCassandra } from './client-options.ts'
import type { Cluster, CqlRow, CqlSession, CqlStatement } from './cql-session.ts'
import { discoverCluster } from './discover-cluster.ts'

const { consistencies } = cassandra.types

/** A node that was away is tried again after so long, and after twice as long each time. */
const RECONNECT_FIRST_MS = 250
const RECONNECT_MOST_MS = 4_000

const CONSISTENCIES = {
  LOCAL_ONE: consistencies.localOne,
  ONE: consistencies.one,
  LOCAL_QUORUM: consistencies.localQuorum,
  QUORUM: consistencies.quorum,
  ALL: consistencies.all,
} as const satisfies Record<CassandraConsistency, number>

interface Connected {
  readonly client: cassandra.Client
  readonly cluster: Cluster
}

/** A session by the driver. It connects when it is first used. */
export function driverSession(options: CassandraOptions): CqlSession {
  return new DriverSession(options)
}

class DriverSession implements CqlSession {
  readonly keyspace: string
  private readonly options: CassandraOptions
  private readonly where: string
  private connecting: Promise<Connected> | null = null

  constructor(options: CassandraOptions) {
    this.options = options
    this.keyspace = options.keyspace
    this.where = describeCassandra(options)
  }

  async cluster(): Promise<Cluster> {
    return (await this.connected()).cluster
  }

  async read(query: string, params: readonly CqlParameter[], { isSerial = false } = {}): Promise<readonly CqlRow[]> {
    const { rows } = await this.execute(query, params, {
      ...(isSerial && { consistency: this.serialConsistency() }),
      isIdempotent: true,
    })
    return rows.map((row) => row.values())
  }

  async *pages(query: string, params: readonly CqlParameter[], pageRows: number): AsyncGenerator<readonly CqlRow[]> {
    let pageState: string | undefined
    do {
      const page = await this.execute(query, params, {
        fetchSize: pageRows,
        isIdempotent: true,
        ...(pageState !== undefined && { pageState }),
      })
      if (page.rows.length > 0) yield page.rows.map((row) => row.values())
      pageState = page.pageState ?? undefined
    } while (pageState !== undefined)
  }

  async write(statements: readonly CqlStatement[]): Promise<void> {
    const [first, second] = statements
    if (first === undefined) return
    if (second === undefined) {
      await this.execute(first.query, first.params, { isIdempotent: true })
      return
    }
    await this.with((client) =>
      client.batch(statements as { query: string; params: CqlParameter[] }[], {
        prepare: true,
        logged: false,
        isIdempotent: true,
        consistency: this.consistency(),
      }),
    )
  }

  async decide(query: string, params: readonly CqlParameter[]): Promise<boolean> {
    const result = await this.execute(query, params, { serialConsistency: this.serialConsistency() })
    return result.wasApplied()
  }

  async define(query: string): Promise<void> {
    await this.with((client) => client.execute(query))
  }

  describe(): string {
    return this.where
  }

  async close(): Promise<void> {
    const connecting = this.connecting
    this.connecting = null
    if (connecting === null) return
    // One that never came about has closed what it had opened.
    const connected = await connecting.catch(() => null)
    await connected?.client.shutdown()
  }

  private execute(
    query: string,
    params: readonly CqlParameter[],
    options: cassandra.QueryOptions,
  ): Promise<cassandra.types.ResultSet> {
    return this.with((client) =>
      client.execute(query, params as CqlParameter[], { prepare: true, consistency: this.consistency(), ...options }),
    )
  }

  private async with<T>(work: (client: cassandra.Client) => Promise<T>): Promise<T> {
    const { client } = await this.connected()
    try {
      return await work(client)
    } catch (error) {
      throw cassandraError(this.where, error)
    }
  }

  private connected(): Promise<Connected> {
    if (this.connecting !== null) return this.connecting
    const connecting = this.connect()
    this.connecting = connecting
    connecting.catch(() => {
      if (this.connecting === connecting) this.connecting = null
    })
    return connecting
  }

  private async connect(): Promise<Connected> {
    const { policies } = cassandra
    try {
      const cluster = await discoverCluster(this.options, this.where)
      const client = new cassandra.Client({
        ...clientOptions(this.options),
        localDataCenter: cluster.localDc,
        policies: {
          reconnection: new policies.reconnection.ExponentialReconnectionPolicy(RECONNECT_FIRST_MS, RECONNECT_MOST_MS, false),
        },
      })
      try {
        await client.connect()
      } catch (error) {
        await client.shutdown()
        throw error
      }
      return { client, cluster }
    } catch (error) {
      throw cassandraError(this.where, error)
    }
  }

  private consistency(): number {
    return CONSISTENCIES[this.options.consistency]
  }

  private serialConsistency(): number {
    return this.options.consistency.startsWith('LOCAL_') ? consistencies.localSerial : consistencies.serial
  }
}
