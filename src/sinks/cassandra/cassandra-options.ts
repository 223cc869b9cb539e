/** Where a Cassandra is and how to come in. */
export interface CassandraOptions {
  /** `host` or `host:port`; at least one. */
  readonly contactPoints: readonly string[]
  /** The data centre whose nodes are talked to. Null: that of the first node that answers. */
  readonly localDc: string | null
  readonly keyspace: string
  readonly username: string | null
  readonly password: string | null
  /**
   * Copies of each row, for a keyspace that is made: `3` (in the local data centre), or each data centre with its number, `dc1:3`. Empty: three, or as many as
   * there are nodes.
   */
  readonly replication: readonly string[]
  /** How many copies a write waits for and a read asks. */
  readonly consistency: CassandraConsistency
  readonly tls: CassandraTls | null
  /** After which an answer counts as lost. Default 12 s, as the driver has it. */
  readonly requestTimeoutMs?: number
}

export const CASSANDRA_CONSISTENCIES = ['LOCAL_ONE', 'ONE', 'LOCAL_QUORUM', 'QUORUM', 'ALL'] as const
export type CassandraConsistency = (typeof CASSANDRA_CONSISTENCIES)[number]

export interface CassandraTls {
  /** PEM of the authorities that may have signed the nodes' certificates. Null: those that Node.js knows. */
  readonly ca: string | null
  /** PEM of this client's certificate and key. */
  readonly cert: string | null
  readonly key: string | null
  /** Whether a node's certificate must be for the address that it is reached by. */
  readonly checksHost: boolean
}
