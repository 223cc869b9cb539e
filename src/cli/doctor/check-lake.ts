import { randomBytes } from 'node:crypto'
import type { Config } from '../../config/load-config.ts'
import type { LakeStorage } from '../../sinks/lake/storage/storage.ts'
import { type LakeLag, lakeLags } from '../lake/lake-lags.ts'
import { openLakeStorage } from '../lake/open-lake-storage.ts'
import type { Session } from '../session.ts'
import { type Finding, note, warning } from './finding.ts'

/**
 * Whether the lake can be read and written, and what it does not have yet. A file of a few bytes is written, read and removed, as nothing else
 * tells whether the rights are enough. Rejects with what keeps it from that. `session` null: there is no log yet.
 */
export async function checkLake(config: Config, session: Session | null): Promise<Finding[]> {
  const storage = await openLakeStorage(config)
  try {
    await tryToWrite(storage)
    return [session === null ? note(ABOUT, `${storage.describe()}: can be written`) : await lagFinding(session, storage)]
  } finally {
    await storage.close()
  }
}

const ABOUT = 'lake'

async function tryToWrite(storage: LakeStorage): Promise<void> {
  const name = `_state/tried-by-doctor-${randomBytes(8).toString('hex')}`
  try {
    await storage.write(name, new TextEncoder().encode('windrow doctor\n'), 'none')
  } catch (error) {
    // It may have been written all the same. What keeps it from being removed is not what has to be told.
    await storage.remove([name]).catch(() => undefined)
    throw error
  }
  try {
    await storage.read(name)
  } finally {
    await storage.remove([name])
  }
}

async function lagFinding(session: Session, storage: LakeStorage): Promise<Finding> {
  const lags = await lakeLags(session, storage, session.config.lakeLayers)
  const where = storage.describe()
  const named = ({ layer, name }: LakeLag): string => `${layer} ${name}`
  const ahead = lags.filter(({ isAhead }) => isAhead)
  if (ahead.length > 0) {
    const text = `${where}: was written further than the log goes, or from another log: ${ahead.map(named).join(', ')}`
    const remedy =
      'Views are compared with the log and mended by the next `windrow lake`. Readings are kept as they are: give this log a lake of its own, or move their folders away.'
    return warning(ABOUT, text, remedy)
  }
  const behind = lags.filter(({ lag }) => lag > 0)
  if (behind.length === 0) return note(ABOUT, `${where}: can be written, and has all that the log has`)
  const each = behind.map((lag) => `${lag.lag.toLocaleString('en-US')} of ${named(lag)}`)
  const remedy = `While a process writes the lake, every ${session.config.lakeFlushSeconds} s, this is what it is behind; else run \`windrow lake --until-end\`.`
  return warning(ABOUT, `${where}: records not written yet: ${each.join(', ')}`, remedy)
}
