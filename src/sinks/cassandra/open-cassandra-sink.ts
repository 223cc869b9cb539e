import { createSecureContext } from 'node:tls'
import { messageOf, WindrowError } from '../../core/errors.ts'
import { fileNamedBy } from '../../core/file-named-by.ts'
import type { Sink } from '../sink.ts'
import type { CassandraOptions } from './cassandra-options.ts'
import { cassandraSink } from './cassandra-sink.ts'

export interface CassandraConfig extends Omit<CassandraOptions, 'tls'> {
  /** Paths of PEM files, or null. */
  readonly tls: {
    readonly caLocation: string | null
    readonly certificateLocation: string | null
    readonly keyLocation: string | null
    readonly checksHost: boolean
  } | null
}

/** The sink as it is configured. Nothing is asked of a node yet. Throws WR_CONFIG_INVALID when a file is not what it should be. */
export function openCassandraSink({ tls, ...options }: CassandraConfig): Sink {
  if (tls === null) return cassandraSink({ ...options, tls: null })
  const files = {
    ca: textOf('CASSANDRA_TLS_CA_LOCATION', tls.caLocation),
    cert: textOf('CASSANDRA_TLS_CERTIFICATE_LOCATION', tls.certificateLocation),
    key: textOf('CASSANDRA_TLS_KEY_LOCATION', tls.keyLocation),
  }
  check(files)
  return cassandraSink({ ...options, tls: { ...files, checksHost: tls.checksHost } })
}

function textOf(variable: string, path: string | null): string | null {
  return fileNamedBy(variable, path)?.toString() ?? null
}

/** What does not fit together would otherwise show as every single connection failing. */
function check({ ca, cert, key }: Record<'ca' | 'cert' | 'key', string | null>): void {
  try {
    createSecureContext({ ...(ca !== null && { ca }), ...(cert !== null && { cert }), ...(key !== null && { key }) })
  } catch (error) {
    throw new WindrowError('WR_CONFIG_INVALID', {
      message: `The CASSANDRA_TLS_… settings do not fit together: ${messageOf(error)}`,
      remedy: 'Look whether the files are PEM and the key is that of the certificate.',
      kind: 'usage',
      cause: error,
    })
  }
}
