import { WindrowError } from '../../src/core/errors.ts'
import type { Sink } from '../../src/sinks/sink.ts'

/** A sink whose first write is carried out when the test says so, as one that was long under way. */
export function lateSink(sink: Sink): { readonly sink: Sink; readonly arrived: Promise<void>; carryOut(): void } {
  let arrive = (): void => undefined
  let carryOut = (): void => undefined
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const gate = new Promise<void>((resolve) => {
    carryOut = resolve
  })
  return {
    sink: applying(sink, async (batch) => {
      if (batch.rows.length > 0) {
        arrive()
        await gate
      }
      await sink.apply(batch)
    }),
    arrived,
    carryOut: () => carryOut(),
  }
}

/** A sink whose writes fail as listed: before they are carried out, or after, as when the answer is lost. */
export function failingSink(sink: Sink, faults: Array<'none' | 'before' | 'after'>): Sink {
  const fail = (): never => {
    throw new WindrowError('WR_SQL_AWAY', { message: 'away', remedy: 'wait', canRetry: true })
  }
  return applying(sink, async (batch) => {
    const fault = faults.shift() ?? 'none'
    if (fault === 'before') fail()
    await sink.apply(batch)
    if (fault === 'after') fail()
  })
}

/** A sink that gives up, as after its time, whatever has more rows than these. */
export function slowSink(sink: Sink, mostRows: number): Sink {
  return applying(sink, async (batch) => {
    if (batch.rows.length > mostRows)
      throw new WindrowError('WR_SQL_TIMEOUT', { message: 'slow', remedy: 'wait', canRetry: true, tooMuchAtOnce: true })
    await sink.apply(batch)
  })
}

function applying(sink: Sink, apply: Sink['apply']): Sink {
  return {
    name: sink.name,
    store: sink.store,
    isFenced: sink.isFenced,
    open: (views) => sink.open(views),
    claim: (target, epoch) => sink.claim(target, epoch),
    progress: (view, topic) => sink.progress(view, topic),
    apply,
    mend: (source, signal) => sink.mend(source, signal),
    rows: (view) => sink.rows(view),
    describe: () => sink.describe(),
    close: () => sink.close(),
  }
}
