import type { ConnectionOptions as TlsOptions } from 'node:tls'
import {
  type API,
  apiVersionsV3,
  Connection,
  type Reader,
  type SASLOptions,
  TimeoutError,
  type Writer,
} from '@platformatic/kafka'
import { isWindrowError } from '../../core/errors.ts'
import { kafkaTooOld, kafkaUnreachable } from './cluster-errors.ts'
import { deniedConnection, otherProtocol } from './denied-connection.ts'
import { probeListener } from './listener-probe.ts'
import { saslSession } from './sasl-session.ts'

export interface Broker {
  readonly host: string
  readonly port: number
}

/** How to connect; made from the KAFKA_… settings. */
export interface ConnectionSettings {
  readonly clientId: string
  readonly tls?: TlsOptions
  readonly sasl?: SASLOptions
  /** Default 5 s, for the network, TLS and signing in together. */
  readonly connectTimeoutMs?: number
  /** An answer that takes longer counts as lost, with its connection; default 15 s. Long polls stay far below it. */
  readonly answerTimeoutMs?: number
}

/** A request of the protocol in the versions that the library knows, the newest first. */
export type Versions<Arguments extends unknown[], Answer> = ReadonlyArray<{ readonly api: API<Arguments, Answer> }>

/** A request whose answer we take apart ourselves. */
export interface RawRequest {
  readonly api: { readonly key: number; readonly version: number }
  readonly payload: () => Writer
}

const CONNECT_MS = 5_000
const ANSWER_MS = 15_000

/** Of the time that the broker gives a session: after so much of it no request begins any more, and after so much the connection ends. */
const RETIRES_AFTER = 0.7
const ENDS_AFTER = 0.9

/** One connection to one broker: authenticated, and knowing what the broker speaks. Closed by itself at the first failure. */
export class BrokerConnection {
  readonly name: string
  private readonly broker: Broker
  private readonly settings: ConnectionSettings
  private readonly connection: Connection
  private readonly spoken = new Map<number, { readonly min: number; readonly max: number }>()
  private over = false
  private closedByUs = false
  /** What was heard last of the connection itself: requests that it took with it are told only that it is gone. */
  private lastFailure: unknown = null
  /** Before the first answer to a real request the broker may be closing because it wants to be spoken to in another way. */
  private hasAnswered = false
  private readonly timers: NodeJS.Timeout[] = []

  private constructor(broker: Broker, settings: ConnectionSettings) {
    this.name = `${broker.host}:${broker.port}`
    this.broker = broker
    this.settings = settings
    const { clientId, tls, sasl } = settings
    this.connection = new Connection(clientId, {
      connectTimeout: settings.connectTimeoutMs ?? CONNECT_MS,
      requestTimeout: settings.answerTimeoutMs ?? ANSWER_MS,
      ...(tls === undefined ? {} : { tls, tlsServerName: tls.servername ?? isHostName(broker.host) }),
      ...(sasl === undefined ? {} : { sasl: saslSession(sasl, (ms) => this.retireBefore(ms)) }),
    })
    // An 'error' without a listener would end the process; whoever waits for an answer is told by its promise.
    this.connection.on('error', (error: unknown) => {
      this.over = true
      this.lastFailure ??= error
    })
    this.connection.on('close', () => {
      this.over = true
      this.clearTimers()
    })
  }

  static async open(broker: Broker, settings: ConnectionSettings): Promise<BrokerConnection> {
    const opened = new BrokerConnection(broker, settings)
    try {
      await opened.connection.connect(broker.host, broker.port)
      const { apiKeys } = await apiVersionsV3.api.async(opened.connection, 'windrow', '1')
      for (const { apiKey, minVersion, maxVersion } of apiKeys) opened.spoken.set(apiKey, { min: minVersion, max: maxVersion })
      return opened
    } catch (error) {
      throw await opened.failure(error)
    }
  }

  get isOpen(): boolean {
    return !this.over && this.connection.isConnected()
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
      const answer = await api.async(this.connection, ...args)
      this.hasAnswered = true
      return answer
    } catch (error) {
      const answer = (error as { response?: unknown }).response
      if (answer === undefined || answer === null) throw await this.failure(error)
      this.hasAnswered = true
      return answer as Answer
    }
  }

  /** The bytes of an answer, behind its header, in one piece that belongs to the caller. */
  async raw({ api, payload }: RawRequest): Promise<Uint8Array> {
    try {
      const bytes = await new Promise<Uint8Array>((resolve, reject) => {
        const answered = (error: Error | null, answer?: Uint8Array): void => {
          if (error === null && answer !== undefined) resolve(answer)
          else reject(error ?? kafkaUnreachable(this.name))
        }
        this.connection.send(api.key, api.version, payload, wholeAnswer, true, true, answered)
      })
      this.hasAnswered = true
      return bytes
    } catch (error) {
      throw await this.failure(error)
    }
  }

  close(): void {
    this.over = true
    this.closedByUs = true
    this.clearTimers()
    this.connection.close().catch(() => undefined)
  }

  /** After a lost answer nothing that still comes over the connection can be told apart: it is given up. */
  private async failure(error: unknown): Promise<Error> {
    const { closedByUs } = this
    this.close()
    for (let at = error; at instanceof Error; at = at.cause) if (isWindrowError(at)) return at
    const denied = deniedConnection(this.name, error) ?? deniedConnection(this.name, this.lastFailure)
    if (denied !== null) return denied
    const unreachable = kafkaUnreachable(this.name, this.lastFailure ?? error)
    if (this.hasAnswered || closedByUs || isNobodyThere(error)) return unreachable
    const listener = await probeListener(this.broker)
    if (listener === null) return unreachable
    const ours = { tls: this.settings.tls !== undefined, sasl: this.settings.sasl !== undefined }
    return otherProtocol(this.name, listener, ours, error) ?? unreachable
  }

  private clearTimers(): void {
    for (const timer of this.timers.splice(0)) clearTimeout(timer)
  }

  /** A broker closes a connection whose session is over: another one takes its place before that. */
  private retireBefore(lifetimeMs: number): void {
    if (lifetimeMs <= 0) return
    const retire = setTimeout(() => {
      this.over = true
    }, lifetimeMs * RETIRES_AFTER)
    const end = setTimeout(() => this.close(), lifetimeMs * ENDS_AFTER)
    retire.unref()
    end.unref()
    this.timers.push(retire, end)
  }
}

function wholeAnswer(_correlationId: number, _apiKey: number, _apiVersion: number, reader: Reader): Uint8Array {
  return reader.buffer.slice(reader.position)
}

/** The name that the certificate must have: TLS knows no server names for IP addresses. */
function isHostName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host)
}

/** It was not a broker that ended this: nobody took the connection, or nobody said anything in time. */
function isNobodyThere(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof TimeoutError) return true
    if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes((at as { code?: string }).code ?? ''))
      return true
  }
  return false
}
