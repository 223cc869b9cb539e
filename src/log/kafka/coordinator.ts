import { findCoordinatorV4, findCoordinatorV5, findCoordinatorV6 } from '@platformatic/kafka'
import { isWindrowError } from '../../core/errors.ts'
import { type Broker, BrokerConnection, type ConnectionSettings, type Versions } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { kafkaUnreachable } from './cluster-errors.ts'
import { AnsweredError, hasMoved } from './kafka-errors.ts'

const FIND = [findCoordinatorV6, findCoordinatorV5, findCoordinatorV4]
const KEY_TYPE = { group: 0, transaction: 1 } as const

/** Connections that several coordinators share, for requests that are answered at once. */
export class SharedConnections {
  private readonly settings: ConnectionSettings
  private readonly open = new Map<string, Promise<BrokerConnection>>()

  constructor(settings: ConnectionSettings) {
    this.settings = settings
  }

  async to(broker: Broker): Promise<BrokerConnection> {
    const name = `${broker.host}:${broker.port}`
    const existing = this.open.get(name)
    const connection = await existing?.catch(() => null)
    if (connection?.isOpen) return connection
    const known = this.open.get(name)
    if (known !== undefined && known !== existing) return known
    const opening = BrokerConnection.open(broker, this.settings)
    this.open.set(name, opening)
    return opening
  }

  async close(): Promise<void> {
    for (const result of await Promise.allSettled(this.open.values())) if (result.status === 'fulfilled') result.value.close()
    this.open.clear()
  }
}

/**
 * The broker that keeps a group's or a transactional id's state, over a connection of its own unless it is given shared ones: answers
 * may take long there, and a broker answers what comes over one connection in its order.
 */
export class Coordinator {
  private readonly cluster: Cluster
  private readonly connections: ConnectionSettings | SharedConnections
  private readonly kind: keyof typeof KEY_TYPE
  private readonly key: string
  private connecting: Promise<BrokerConnection> | null = null
  private closed = false

  constructor(cluster: Cluster, connections: ConnectionSettings | SharedConnections, kind: keyof typeof KEY_TYPE, key: string) {
    this.cluster = cluster
    this.connections = connections
    this.kind = kind
    this.key = key
  }

  /** One request, not tried again. `codeOf`: where the answer says how it went; an answer other than success rejects with AnsweredError. */
  async call<Arguments extends unknown[], Answer>(
    versions: Versions<Arguments, Answer>,
    what: string,
    codeOf: (answer: Answer) => number,
    ...args: Arguments
  ): Promise<Answer> {
    const connection = await this.connection()
    const answer = await connection.call(versions, what, ...args).catch((error: unknown) => {
      this.drop()
      throw error
    })
    const code = codeOf(answer)
    if (code === 0) return answer
    if (hasMoved(code)) this.drop()
    throw new AnsweredError(what, code)
  }

  /** True for a failure after which the same request may succeed. */
  static mayPass(error: unknown): boolean {
    return error instanceof AnsweredError ? hasMoved(error.code) : isWindrowError(error) && error.canRetry
  }

  close(): void {
    this.closed = true
    this.drop()
  }

  private async connection(): Promise<BrokerConnection> {
    this.connecting ??= this.connect()
    try {
      const connection = await this.connecting
      if (connection.isOpen) return connection
    } catch (error) {
      this.connecting = null
      throw error
    }
    this.connecting = this.connect()
    return this.connecting
  }

  private async connect(): Promise<BrokerConnection> {
    const { coordinators } = await this.cluster.ask(FIND, 'FindCoordinator', KEY_TYPE[this.kind], [this.key])
    const [found] = coordinators
    if (found === undefined) throw kafkaUnreachable(`The coordinator of ${this.key}`)
    if (found.errorCode !== 0) throw new AnsweredError('FindCoordinator', found.errorCode)
    const broker = { host: found.host, port: found.port }
    if (this.connections instanceof SharedConnections) return this.connections.to(broker)
    const connection = await BrokerConnection.open(broker, this.connections)
    if (this.closed) connection.close()
    return connection
  }

  private drop(): void {
    const { connecting } = this
    this.connecting = null
    if (this.connections instanceof SharedConnections) return
    connecting?.then(
      (connection) => connection.close(),
      () => undefined,
    )
  }
}
