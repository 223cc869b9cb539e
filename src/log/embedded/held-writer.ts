import { WindrowError } from '../../core/errors.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import type { ExclusiveWriter, Write } from '../port.ts'
import type { Committer } from './committer.ts'
import { FencedCommits } from './held-lease.ts'
import { decodeLease, encodeLease } from './lease-record.ts'
import { writerKey } from './log-keys.ts'
import { fenced, type Holder, type Presence } from './presence.ts'
import type { Session } from './session.ts'

/** Takes the writer of that id, from nobody or from a dead process; WR_WRITER_HELD while a live one has it. */
export async function takeWriter(kv: KeyValueStore, committer: Committer, presence: Presence, id: string): Promise<HeldWriter> {
  const key = writerKey(id)
  for (;;) {
    const raw = kv.get(key)
    const { epoch, session: holding } = decodeLease(raw)
    const holder = holding === null ? null : await presence.liveHolder(holding)
    if (holder !== null) throw writerHeld(id, holder)
    const session = await presence.session()
    const record = encodeLease({ epoch: epoch + 1, session: session.id, member: null })
    if (!(await kv.batch([{ key, value: record }], [{ key, expected: raw ?? null }]))) continue
    return new HeldWriter(
      kv,
      epoch + 1,
      new FencedCommits({ key, record, session, committer, what: `The writer "${id}"` }),
      session,
    )
  }
}

export class HeldWriter implements ExclusiveWriter {
  readonly epoch: number
  private readonly kv: KeyValueStore
  private readonly commits: FencedCommits

  constructor(kv: KeyValueStore, epoch: number, commits: FencedCommits, session: Session) {
    this.kv = kv
    this.epoch = epoch
    this.commits = commits
    session.ended.signal.addEventListener('abort', () => commits.lose(session.ended.signal.reason), { once: true })
  }

  get lost(): AbortSignal {
    return this.commits.lost
  }

  commit(writes: readonly Write[]): Promise<readonly number[]> {
    return this.commits.commit(writes, [])
  }

  async close(): Promise<void> {
    const { key, record, what } = this.commits.fence
    this.commits.lose(fenced(what))
    const free = encodeLease({ epoch: this.epoch, session: null, member: null })
    await this.kv.batch([{ key, value: free }], [{ key, expected: record }])
  }
}

function writerHeld(id: string, { record }: Holder): WindrowError {
  return new WindrowError('WR_WRITER_HELD', {
    message: `The writer "${id}" is held by the process ${record.pid}`,
    remedy: `Stop that process (pid ${record.pid}) first, or let it do the work: only one may write at a time.`,
    facts: { writer: id, pid: record.pid, started: record.started },
    canRetry: true,
  })
}
