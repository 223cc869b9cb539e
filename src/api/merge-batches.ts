/**
 * Takes turns over several sources until all have ended or the signal aborts, and yields null where nothing came for `heartbeatMs`.
 * It holds at most one item of each source: a source is asked for its next one when the one before has been taken. A source
 * must end when the signal aborts. Throws what a source throws.
 */
export async function* mergeBatches<T extends object>(
  sources: ReadonlyArray<AsyncIterable<T>>,
  heartbeatMs: number,
  signal: AbortSignal,
): AsyncGenerator<T | null> {
  const ready: Array<{ readonly item: T; readonly taken: () => void }> = []
  let failure: { readonly error: unknown } | null = null
  let live = sources.length
  let stopped = signal.aborted
  let wake = (): void => {}

  const stop = (): void => {
    stopped = true
    for (const { taken } of ready.splice(0)) taken()
    wake()
  }
  const pump = async (source: AsyncIterable<T>): Promise<void> => {
    try {
      for await (const item of source) {
        if (stopped) return
        await new Promise<void>((taken) => {
          ready.push({ item, taken })
          wake()
        })
        if (stopped) return
      }
    } catch (error) {
      failure ??= { error }
    } finally {
      live -= 1
      wake()
    }
  }
  const somethingOrTimeout = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, heartbeatMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const failed = (): { readonly error: unknown } | null => failure

  signal.addEventListener('abort', stop, { once: true })
  try {
    for (const source of sources) void pump(source)
    while (!stopped) {
      const next = ready.shift()
      if (next !== undefined) {
        yield next.item
        next.taken()
        continue
      }
      const fault = failed()
      if (fault !== null) throw fault.error
      if (live === 0) return
      await somethingOrTimeout()
      if (!stopped && ready.length === 0 && live > 0 && failed() === null) yield null
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}
