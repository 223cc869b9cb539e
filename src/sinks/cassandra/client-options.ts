import type cassandra from 'cassandra-driver'
import type { CassandraOptions } from './cassandra-options.ts'

const REQUEST_TIMEOUT_MS = 12_000

/** What every client of the driver is given. */
export function clientOptions(options: CassandraOptions): cassandra.ClientOptions {
  const { contactPoints, username, password, tls, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options
  return {
    contactPoints: [...contactPoints],
    ...(username !== null && { credentials: { username, password: password ?? '' } }),
    ...(tls !== null && {
      sslOptions: {
        ...(tls.ca !== null && { ca: tls.ca }),
        ...(tls.cert !== null && { cert: tls.cert }),
        ...(tls.key !== null && { key: tls.key }),
        rejectUnauthorized: true,
        ...(!tls.checksHost && { checkServerIdentity: () => undefined }),
      },
    }),
    socketOptions: { connectTimeout: Math.min(5_000, requestTimeoutMs), readTimeout: requestTimeoutMs },
    encoding: { useBigIntAsLong: true, useUndefinedAsUnset: true },
  }
}

/** For errors and logs. */
export function describeCassandra({ contactPoints, keyspace }: CassandraOptions): string {
  return `${[...contactPoints].sort().join(',')}/${keyspace}`
}
