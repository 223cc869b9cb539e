import type { SinkHealth } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { isWindrowError, messageOf } from '../../core/errors.ts'
import { LAKE_SINK } from '../../sinks/lake/gold/gold-context.ts'
import { remembered } from '../remembered.ts'
import type { Session } from '../session.ts'
import { remedyOf } from './lake-health.ts'
import { type LakeLag, lakeLags } from './lake-lags.ts'
import { openLakeStorage } from './open-lake-storage.ts'

/** Each look asks the lake and the log. */
const LOOK_EVERY_MS = 5_000

/** How a lake that other processes write stands, as its files of state say, at most some seconds old. */
export function lakeHealthOf(session: Session, clock: Clock): () => Promise<readonly SinkHealth[]> {
  return remembered(clock, LOOK_EVERY_MS, () => look(session, clock))
}

async function look(session: Session, clock: Clock): Promise<SinkHealth[]> {
  const { lakeLayers } = session.config
  const layers = ['readings', 'gold'].filter((layer) => lakeLayers.includes(layer === 'gold' ? 'gold' : 'bronze'))
  try {
    const lags = await lagsOf(session)
    return layers.map((layer) => {
      const lag = layer === 'gold' ? sumOf(lags, 'gold') : Math.max(sumOf(lags, 'bronze'), sumOf(lags, 'silver'))
      return { ...unknown(layer), state: lag === 0 ? 'running' : 'catching_up', lag }
    })
  } catch (error) {
    const code = isWindrowError(error) ? error.code : 'WR_UNFORESEEN'
    const problem = { code, message: messageOf(error), remedy: remedyOf(code), since: null }
    const lastError = { code, message: problem.message, at: clock.now() }
    return layers.map((layer) => ({ ...unknown(layer), state: 'waiting', problem, lastError }))
  }
}

async function lagsOf(session: Session): Promise<readonly LakeLag[]> {
  const storage = await openLakeStorage(session.config)
  try {
    return await lakeLags(session, storage, session.config.lakeLayers)
  } finally {
    await storage.close()
  }
}

function sumOf(lags: readonly LakeLag[], layer: LakeLag['layer']): number {
  return lags.reduce((sum, each) => sum + (each.layer === layer ? each.lag : 0), 0)
}

/** What only the process that writes could say. */
function unknown(view: string): Omit<SinkHealth, 'state'> {
  const counts = { lag: 0, rowsWritten: 0, rowsPerSecond: 0, retries: 0, deadLettered: 0 }
  const files = { written: 0, bytes: 0, flushSeconds: null }
  return { sink: LAKE_SINK, view, isOwn: false, ...counts, lastWriteAt: null, problem: null, lastError: null, files }
}
