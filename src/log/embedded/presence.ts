import { setTimeout as delay } from 'node:timers/promises'
import { WindrowError } from '../../core/errors.ts'
import { stateOf } from '../../core/process-identity.ts'
import { sameBytes } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { sessionKey } from './log-keys.ts'
import { decodeSession, Session, type SessionRecord } from './session.ts'

interface Sighting {
  record: Uint8Array
  /** How long it has been seen unchanged while this process was looking. */
  unchangedMs: number
  lookedAt: number
}

export interface Holder {
  readonly record: SessionRecord
  readonly session: string
}

/** This log's own session, and what it knows of the others'. */
export class Presence {
  private readonly kv: KeyValueStore
  private readonly timeoutMs: number
  private readonly sightings = new Map<string, Sighting>()
  private current: Promise<Session> | null = null

  constructor(kv: KeyValueStore, timeoutMs: number) {
    this.kv = kv
    this.timeoutMs = timeoutMs
  }

  /** How often to look at the others, so that a dead process is noticed about at once. */
  get lookEveryMs(): number {
    return Math.min(500, this.timeoutMs / 10)
  }

  /** This log's session; a new one after the last was lost. */
  session(): Promise<Session> {
    const before = this.current ?? Promise.resolve(null)
    // One after the other: two who ask at once get the same. One that could not start is tried again.
    this.current = before
      .catch(() => null)
      .then((session) => (session === null || session.ended.signal.aborted ? Session.start(this.kv, this.timeoutMs) : session))
    return this.current
  }

  async end(): Promise<void> {
    const current = await this.current?.catch(() => null)
    await current?.end()
  }

  /** False once the session's process is gone, or its counter stood still for the time-out; its record is removed then. */
  async isLive(session: string): Promise<boolean> {
    const record = this.kv.get(sessionKey(session))
    if (record === undefined) {
      this.sightings.delete(session)
      return false
    }
    if (stateOf(decodeSession(record), this.kv.folder) !== 'gone' && this.unchangedMs(session, record) < this.timeoutMs)
      return true
    this.sightings.delete(session)
    // On condition that it is as it was: a process that woke up meanwhile has counted on, and is alive.
    return !(await this.kv.batch([{ key: sessionKey(session), value: null }], [{ key: sessionKey(session), expected: record }]))
  }

  /** Who holds the session if it is alive, else null. Where only the heartbeat tells, that takes up to the time-out. */
  async liveHolder(session: string): Promise<Holder | null> {
    const first = this.kv.get(sessionKey(session))
    for (;;) {
      if (!(await this.isLive(session))) return null
      const now = this.kv.get(sessionKey(session))
      if (first === undefined || now === undefined) return null
      const record = decodeSession(now)
      if (stateOf(record, this.kv.folder) === 'running' || !sameBytes(first, now)) return { record, session }
      await delay(this.lookEveryMs)
    }
  }

  private unchangedMs(session: string, record: Uint8Array): number {
    const now = performance.now()
    const seen = this.sightings.get(session)
    if (seen === undefined || !sameBytes(seen.record, record)) {
      this.sightings.set(session, { record, unchangedMs: 0, lookedAt: now })
      return 0
    }
    // Time in which this process itself stood still does not count: the other may have stood still with it.
    seen.unchangedMs += Math.min(now - seen.lookedAt, this.lookEveryMs * 3)
    seen.lookedAt = now
    return seen.unchangedMs
  }
}

export function fenced(what: string): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `${what} belongs to another process by now; nothing was written`,
    remedy: 'Nothing needs to be done: the new holder goes on from the last commit.',
    canRetry: false,
  })
}
