import { setMaxListeners } from 'node:events'
import type { S3Client } from '@aws-sdk/client-s3'
import type { Secret } from '../../../core/secret.ts'

export interface S3Options {
  readonly bucket: string
  /** What the keys of the lake's files begin with, without a `/` at either end; empty: nothing. */
  readonly prefix: string
  readonly region: string
  /** Of a server that is like S3; null: Amazon S3 of the region. */
  readonly endpoint: string | null
  /** Null: whatever the machine gives (variables of AWS, a profile, a role). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: Secret } | null
  /** For how long a connection may be silent. */
  readonly timeoutMs?: number
  /** Of a request, with those that are repeated by the client itself. */
  readonly attempts?: number
  /** Bytes from which a file goes in parts of that size. S3 takes none that are smaller, but for the last. */
  readonly partBytes?: number
}

/** What a request takes. */
export interface S3Calls {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
}

export interface S3Library extends S3Calls {
  /** Gives up what is on its way, and lets nothing more go there. */
  close(): void
}

const TIMEOUT_MS = 30_000
const CONNECT_MS = 5_000
const ATTEMPTS = 5
const SOCKETS = 16

/** The library takes long to load, and is of use only where a bucket is. */
export async function openS3({
  bucket,
  region,
  endpoint,
  credentials,
  timeoutMs = TIMEOUT_MS,
  attempts = ATTEMPTS,
}: S3Options): Promise<S3Library> {
  // It would say on every start that its versions of 2027 will want a newer Node; other warnings of it are shown.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    region,
    ...(endpoint === null ? {} : { endpoint }),
    // Servers of one's own seldom have a host name for each bucket, and the certificate of Amazon covers none with a dot.
    forcePathStyle: endpoint !== null || bucket.includes('.'),
    ...(credentials === null
      ? {}
      : {
          credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey.reveal() },
        }),
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, timeoutMs),
      socketTimeout: timeoutMs,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  })
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const { requestHandler } = client.config
  const handle = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = (request, options) => handle(request, { ...options, abortSignal: closing.signal })
  const close = (): void => {
    closing.abort()
    client.destroy()
  }
  return { sdk, client, close }
}
