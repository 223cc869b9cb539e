import type { Socket } from 'node:net'
import { isWindrowError, messageOf } from '../../core/errors.ts'
import { maySet, resetSettings } from './session-settings.ts'
import type { ExclusiveSession, SessionSource } from './session-source.ts'
import type { SqlParameter } from './sql-client.ts'
import {
  authenticationOk,
  backendKey,
  type ClientMessage,
  ClientMessages,
  closeStatement,
  errorResponse,
  parameterStatus,
  readyForQuery,
  StatementNames,
  stateAfter,
  sync,
} from './wire-messages.ts'

export interface WireOptions {
  /** A statement that takes longer is ended, and with it the connection. */
  readonly statementTimeoutMs: number
  /** A transaction in which nothing is asked for so long is rolled back, and the connection ended: others wait for it. */
  readonly idleInTransactionMs: number
}

/** Shown to every client when it connects. */
const PARAMETERS = ['server_version', 'server_encoding', 'client_encoding', 'DateStyle', 'TimeZone', 'integer_datetimes'] as const

/**
 * One client of the port. What it sends between two ready states of the server is put through in one piece, with the session in its
 * hand alone; within a transaction it keeps it. Statement names and settings are its own.
 */
export class WireConnection {
  private readonly socket: Socket
  private readonly source: SessionSource
  private readonly options: WireOptions
  private readonly id: number
  private readonly messages = new ClientMessages()
  private readonly names: StatementNames
  private readonly chunks: AsyncIterator<Buffer>
  private settings: ReadonlyArray<readonly [string, string]> = []

  constructor(socket: Socket, source: SessionSource, id: number, options: WireOptions) {
    this.socket = socket
    this.source = source
    this.options = options
    this.id = id
    this.names = new StatementNames(id)
    this.chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /** Serves the client until it leaves. Rejects when the connection breaks. */
  async serve(): Promise<void> {
    try {
      if (!(await this.start())) return
      for (;;) {
        const unit = await this.unit()
        if (unit === null) return
        await this.source.exclusively((session) => this.answer(session, unit))
      }
    } catch (error) {
      await this.send(errorResponse('FATAL', sqlStateFor(error), messageOf(error)))
      throw error
    }
  }

  /** False when the client wants no session. */
  private async start(): Promise<boolean> {
    for (;;) {
      const request = this.messages.startup()
      if (request === null) {
        if (!(await this.receive())) return false
      } else if (request.kind === 'encryption') {
        await this.send(Buffer.from('N', 'latin1'))
      } else if (request.kind === 'start') {
        await this.greet(request.parameters)
        return true
      } else {
        if (request.kind === 'unknown')
          await this.send(errorResponse('FATAL', '0A000', 'only version 3 of the protocol is spoken here'))
        return false
      }
    }
  }

  private async greet(asked: ReadonlyMap<string, string>): Promise<void> {
    const wanted = [...asked].filter(
      ([name]) => !['user', 'database', 'options', 'replication'].includes(name) && !name.startsWith('_pq_.'),
    )
    this.settings = wanted
    const shown = await this.source.exclusively(async (session) => {
      await this.restore(session)
      const { rows } = await query(session, `SELECT ${PARAMETERS.map((name) => `current_setting('${name}')`).join(', ')}`)
      await this.keep(session)
      return rows[0] ?? []
    })
    await this.send(
      Buffer.concat([
        authenticationOk(),
        ...PARAMETERS.map((name, i) => parameterStatus(name, shown[i] ?? '')),
        parameterStatus('standard_conforming_strings', 'on'),
        parameterStatus('is_superuser', 'on'),
        parameterStatus('session_authorization', 'postgres'),
        backendKey(this.id),
        readyForQuery(),
      ]),
    )
  }

  /** What the client sends until it waits for an answer; null when it leaves. */
  private async unit(): Promise<ClientMessage[] | null> {
    const unit: ClientMessage[] = []
    for (;;) {
      const message = this.messages.next()
      if (message === null) {
        if (!(await this.receive())) return null
        continue
      }
      if (message.type === 'X') return null
      unit.push(message)
      if (message.type === 'Q' || message.type === 'S' || message.type === 'H') return unit
    }
  }

  private async answer(session: ExclusiveSession, first: readonly ClientMessage[]): Promise<void> {
    await this.restore(session)
    let unit: readonly ClientMessage[] | null = first
    let idle = true
    let touched = this.settings.length > 0
    try {
      while (unit !== null) {
        const { status, sets } = await this.exchange(session, unit)
        touched ||= sets
        idle = status === 'I'
        if (idle) break
        this.socket.setTimeout(this.options.idleInTransactionMs)
        unit = await this.unit()
        this.socket.setTimeout(0)
      }
    } finally {
      // The client left, or was ended, within a transaction.
      if (!idle) await query(session, 'ROLLBACK')
      if (touched) await this.keep(session)
    }
  }

  private async exchange(
    session: ExclusiveSession,
    unit: readonly ClientMessage[],
  ): Promise<{ status: string | null; sets: boolean }> {
    if (unit.some(readsFromClient)) {
      await this.send(
        Buffer.concat([errorResponse('ERROR', '0A000', 'COPY FROM STDIN is not possible on this port'), readyForQuery()]),
      )
      return { status: 'I', sets: false }
    }
    const renamed = unit.map((message) => this.names.rename(message))
    const outdated = this.names.takeOutdated()
    if (outdated.length > 0) await session.exchange(Buffer.concat([...outdated.map(closeStatement), sync()]), 0)
    const { bytes } = await session.exchange(Buffer.concat(renamed), this.options.statementTimeoutMs)
    await this.send(bytes)
    const { status, sets } = stateAfter(bytes)
    return {
      status,
      sets: sets || unit.some(({ type, bytes: sent }) => (type === 'Q' || type === 'P') && maySet(sent.toString('utf8'))),
    }
  }

  /** Puts this client's settings in place. */
  private async restore(session: ExclusiveSession): Promise<void> {
    for (const [name, value] of this.settings) await query(session, 'SELECT set_config($1, $2, false)', [name, value])
  }

  /** Remembers this client's settings, and leaves the session to others as it was. */
  private async keep(session: ExclusiveSession): Promise<void> {
    const { rows } = await query(
      session,
      `SELECT name, setting FROM pg_settings WHERE source = 'session' AND context IN ('user', 'superuser')`,
    )
    this.settings = rows.map(([name, setting]) => [name ?? '', setting ?? ''] as const)
    await resetSettings(session)
  }

  private async receive(): Promise<boolean> {
    const { value, done } = await this.chunks.next()
    if (done === true) return false
    this.messages.add(value)
    return true
  }

  /** Resolves when the system has taken the bytes, so that a slow client holds up itself alone. */
  private send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }
}

function query(session: ExclusiveSession, text: string, parameters: readonly SqlParameter[] = []) {
  return session.query(text, parameters, 0)
}

/** The embedded Postgres would wait for rows that it has no way to ask for. */
function readsFromClient({ type, bytes }: ClientMessage): boolean {
  return (type === 'Q' || type === 'P') && /\bcopy\b[\s\S]*\bfrom\s+stdin\b/i.test(bytes.toString('utf8'))
}

function sqlStateFor(error: unknown): string {
  if (isWindrowError(error, 'WR_SQL_TIMEOUT')) return '57014'
  return isWindrowError(error) ? '57P01' : '08P01'
}
