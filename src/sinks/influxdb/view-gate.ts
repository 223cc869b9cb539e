import { WindrowError } from '../../core/errors.ts'

/** Lets the partitions of a view be written side by side, or one comparison have it for itself. */
export class ViewGate {
  private readonly view: string
  private readonly writes = new Set<Promise<unknown>>()
  private comparing = false
  private closed = false

  constructor(view: string) {
    this.view = view
  }

  /** Rejects with WR_SINK_MENDING while a comparison has the view for itself. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) throw mending(this.view)
    const done = work()
    const settled = done.then(
      () => undefined,
      () => undefined,
    )
    this.writes.add(settled)
    try {
      return await done
    } finally {
      this.writes.delete(settled)
    }
  }

  /** One comparison at a time: rejects with WR_SINK_MENDING while another one is under way. */
  async compare<T>(work: (closeGate: () => Promise<void>) => Promise<T>): Promise<T> {
    if (this.comparing) throw mending(this.view)
    this.comparing = true
    try {
      return await work(async () => {
        this.closed = true
        await Promise.all(this.writes)
      })
    } finally {
      this.comparing = false
      this.closed = false
    }
  }
}

export function mending(view: string): WindrowError {
  return new WindrowError('WR_SINK_MENDING', {
    message: `${view} in InfluxDB is being compared with its topic`,
    remedy: 'Nothing needs to be done: this goes on when that is ready.',
    facts: { view },
    canRetry: true,
  })
}
