import type { SinkHealth } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { isWindrowError, messageOf } from '../../core/errors.ts'
import type { Sink } from '../../sinks/sink.ts'
import { remembered } from '../remembered.ts'
import type { Session } from '../session.ts'
import { sinkLags } from './sink-lags.ts'

/** Each look asks every store and the log. */
const LOOK_EVERY_MS = 5_000

/** How the stores stand, for a process that writes none of them: what they say of themselves, at most some seconds old. */
export function storesHealth(session: Session, sinks: readonly Sink[], clock: Clock): () => Promise<readonly SinkHealth[]> {
  const ask = () => Promise.all(sinks.map((sink) => storeHealth(session, sink, clock)))
  return remembered(clock, LOOK_EVERY_MS, async () => (await ask()).flat())
}

async function storeHealth(session: Session, sink: Sink, clock: Clock): Promise<SinkHealth[]> {
  try {
    const lags = await sinkLags(session, sink)
    return lags.map(({ view, lag }) => ({ ...unknown(sink.name, view), state: lag === 0 ? 'running' : 'catching_up', lag }))
  } catch (error) {
    const { code, remedy } = isWindrowError(error) ? error : { code: 'WR_UNFORESEEN', remedy: 'See the log of this process.' }
    const problem = { code, message: messageOf(error), remedy, since: null }
    const lastError = { code, message: problem.message, at: clock.now() }
    const views = session.catalogue.views.filter(({ stores }) => stores.includes(sink.store))
    return views.map(({ name }) => ({ ...unknown(sink.name, name), state: 'waiting', problem, lastError }))
  }
}

/** What only the process that writes could say. */
function unknown(sink: string, view: string): Omit<SinkHealth, 'state'> {
  const counts = { lag: 0, rowsWritten: 0, rowsPerSecond: 0, retries: 0, deadLettered: 0 }
  return { sink, view, isOwn: false, ...counts, lastWriteAt: null, problem: null, lastError: null }
}
