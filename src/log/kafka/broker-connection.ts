import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { type API, apiVersionsV3, Connection, type Reader, type SASLOptions, type Writer } from '@platformatic/kafka'
import { connectionError, kafkaTooOld, kafkaUnreachable } from './cluster-errors.ts'

export interface Broker {
  readonly host: string
  readonly port: number
}

/** How to connect; made from the KAFKA_… settings. */
export interface ConnectionSettings {
  readonly clientId: string
  readonly tls?: TlsOptions
  readonly sasl?: SASLOptions
}

/** A request of the protocol in the versions that the library knows, the newest first. */
export type Versions<Arguments extends unknown[], Answer> = ReadonlyArray<{ readonly api: API<Arguments, Answer> }>

/** A request whose answer we take apart ourselves. */
export interface RawRequest {
  readonly api: { readonly key: number; readonly version: number }
  readonly payload: () => Writer
}

const CONNECT_MS = 5_000
/** An answer that takes longer counts as lost, with its connection. Long polls stay far below it. */
const ANSWER_MS = 15_000

/** One connection to one broker: authenticated, and knowing what the broker speaks. Closed by itself at the first failure. */
export class BrokerConnection {
  readonly name: string
  private readonly connection: Connection
  private readonly spoken = new Map<number, { readonly min: number; readonly max: number }>()
  private failed = false

  private constructor(broker: Broker, settings: ConnectionSettings) {
    this.name = `${broker.host}:${broker.port}`
    const { clientId, tls, sasl } = settings
    this.connection = new Connection(clientId, {
      connectTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      ...(tls === undefined ? {} : { tls, tlsServerName: tls.servername ?? isHostName(broker.host) }),
      ...(sasl === undefined ? {} : { sasl }),
    })
    const fail = (): void => {
      this.failed = true
    }
    // An 'error' without a listener would end the process; whoever waits for an answer is told by its promise.
    this.connection.on('error', fail)
    this.connection.on('close', fail)
  }

  static async open(broker: Broker, settings: ConnectionSettings): Promise<BrokerConnection> {
    const opened = new BrokerConnection(broker, settings)
    try {
      await opened.connection.connect(broker.host, broker.port)
      const { apiKeys } = await apiVersionsV3.api.async(opened.connection, 'windrow', '1')
      for (const { apiKey, minVersion, maxVersion } of apiKeys) opened.spoken.set(apiKey, { min: minVersion, max: maxVersion })
      return opened
    } catch (error) {
      opened.close()
      throw connectionError(opened.name, error)
    }
  }

  get isOpen(): boolean {
    return !this.failed && this.connection.isConnected()
  }

  /** The newest version that both sides know. */
  newest<V extends { readonly api: { readonly key: number; readonly version: number } }>(
    versions: readonly V[],
    what: string,
  ): V {
    for (const version of versions) {
      const range = this.spoken.get(version.api.key)
      if (range !== undefined && version.api.version >= range.min && version.api.version <= range.max) return version
    }
    throw kafkaTooOld(this.name, what)
  }

  /** The answer, also where some of its items carry an error code: look at each. */
  async call<Arguments extends unknown[], Answer>(
    versions: Versions<Arguments, Answer>,
    what: string,
    ...args: Arguments
  ): Promise<Answer> {
    const { api } = this.newest(versions, what)
    try {
      return await api.async(this.connection, ...args)
    } catch (error) {
      const answer = (error as { response?: unknown }).response
      if (answer !== undefined && answer !== null) return answer as Answer
      throw this.failure(error)
    }
  }

  /** The bytes of an answer, behind its header, in one piece that belongs to the caller. */
  raw({ api, payload }: RawRequest): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const answered = (error: Error | null, bytes?: Uint8Array): void => {
        if (error === null && bytes !== undefined) resolve(bytes)
        else reject(this.failure(error ?? kafkaUnreachable(this.name)))
      }
      this.connection.send(api.key, api.version, payload, wholeAnswer, true, true, answered)
    })
  }

  close(): void {
    this.failed = true
    this.connection.close().catch(() => undefined)
  }

  /** After a lost answer nothing that still comes over the connection can be told apart: it is given up. */
  private failure(error: unknown): Error {
    this.close()
    return connectionError(this.name, error)
  }
}

function wholeAnswer(_correlationId: number, _apiKey: number, _apiVersion: number, reader: Reader): Uint8Array {
  return reader.buffer.slice(reader.position)
}

/** The name that the certificate must have: TLS knows no server names for IP addresses. */
function isHostName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host)
}
