import { WindrowError } from '../core/errors.ts'
import type { View } from '../views/view.ts'
import type { Sink } from './sink.ts'

/** Has a sink prepare its store once for all who write to it, and again when somebody found that something is missing. */
export class PreparedStore {
  private readonly sink: Sink
  private readonly views: readonly View[]
  private readonly doubts = new Map<string, AbortController>()
  private opening: Promise<void> | null = null
  private found: { readonly error: unknown } | null = null

  constructor(sink: Sink, views: readonly View[]) {
    this.sink = sink
    this.views = views
  }

  async open(): Promise<void> {
    const opening = this.opening ?? this.sink.open(this.views)
    this.opening = opening
    try {
      await opening
      this.found = null
    } catch (error) {
      if (this.opening === opening) this.opening = null
      this.found = canPass(error) ? null : { error }
      throw error
    }
  }

  /**
   * Gives what throws, once an opening finds what a person has to mend: whoever waits for an end would wait for ever. What was found before
   * may be mended by now.
   */
  watchRefusals(): () => void {
    const before = this.found
    return () => {
      if (this.found !== null && this.found !== before) throw this.found.error
    }
  }

  /** Aborts when something of the view in the store is doubted from now on: whoever writes the view claims it anew. */
  doubted({ name }: View): AbortSignal {
    let doubt = this.doubts.get(name)
    if (doubt === undefined) {
      doubt = new AbortController()
      this.doubts.set(name, doubt)
    }
    return doubt.signal
  }

  /** The next `open` prepares the store anew. */
  doubt({ name }: View): void {
    this.opening = null
    const doubt = this.doubts.get(name)
    this.doubts.delete(name)
    doubt?.abort()
  }
}

/** Whether it may be gone at the next try, without anybody's help. */
export function canPass(error: unknown): boolean {
  return error instanceof WindrowError && error.canRetry
}
