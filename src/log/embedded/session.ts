import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { WindrowError } from '../../core/errors.ts'
import { type ProcessIdentity, thisProcess } from '../../core/process-identity.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { sessionKey } from './log-keys.ts'

/** A session as the others see it. */
export interface SessionRecord extends ProcessIdentity {
  readonly beat: number
}

const text = new TextEncoder()
const decoder = new TextDecoder()

export function decodeSession(value: Uint8Array): SessionRecord {
  return JSON.parse(decoder.decode(value)) as SessionRecord
}

/**
 * The presence of one open log in the store: a record with a counter that grows while the process runs. Who finds it
 * unchanged for the time-out removes it, and with it everything that the session held.
 */
export class Session {
  readonly id = randomBytes(12).toString('base64url')
  /** Aborts when the session ended: by `end`, or because others took it for dead. */
  readonly ended = new AbortController()
  private readonly kv: KeyValueStore
  private readonly timeoutMs: number
  private record: Uint8Array
  private beat = 0
  private confirmedAt = 0
  private timer: NodeJS.Timeout | null = null
  private beating: Promise<void> = Promise.resolve()

  private constructor(kv: KeyValueStore, timeoutMs: number) {
    this.kv = kv
    this.timeoutMs = timeoutMs
    this.record = this.encode()
    // Every group that this process is in listens: there are as many as there are topics.
    setMaxListeners(0, this.ended.signal)
  }

  static async start(kv: KeyValueStore, timeoutMs: number): Promise<Session> {
    const session = new Session(kv, timeoutMs)
    const startedAt = performance.now()
    await kv.batch([{ key: sessionKey(session.id), value: session.record }])
    session.confirmedAt = startedAt
    session.schedule()
    return session
  }

  /** True while nobody can have taken the session for dead yet, by this process's monotonic clock. */
  isFresh(): boolean {
    return !this.ended.signal.aborted && performance.now() - this.confirmedAt < this.timeoutMs * 0.7
  }

  async end(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    await this.beating
    if (this.ended.signal.aborted) return
    this.ended.abort(sessionOver())
    await this.kv.batch([{ key: sessionKey(this.id), value: null }])
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.beating = this.beatOnce().then(
        () => {
          if (this.timer !== null && !this.ended.signal.aborted) this.schedule()
        },
        (error: unknown) => {
          // A full disk passes, and nobody else can write either; anything else ends the session with its reason.
          if (error instanceof WindrowError && error.canRetry) this.schedule()
          else this.ended.abort(error)
        },
      )
    }, this.timeoutMs / 5)
  }

  private async beatOnce(): Promise<void> {
    const before = this.record
    this.beat++
    const next = this.encode()
    const startedAt = performance.now()
    if (!(await this.kv.batch([{ key: sessionKey(this.id), value: next }], [{ key: sessionKey(this.id), expected: before }]))) {
      this.ended.abort(sessionOver())
      return
    }
    this.record = next
    this.confirmedAt = startedAt
  }

  private encode(): Uint8Array {
    const record: SessionRecord = { ...thisProcess(this.kv.folder), beat: this.beat }
    return text.encode(JSON.stringify(record))
  }
}

function sessionOver(): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: 'Other processes took this one for dead (it did not run for a while), and what it held went to them',
    remedy: 'Nothing needs to be done: it joins again by itself.',
    canRetry: true,
  })
}
