import { resetViews } from '../../src/runtime/reset-views.ts'
import { type LogPlace, openBenchLog } from './bench-log.ts'

export interface ForgetRowsParams extends LogPlace {
  /** Reading topics that stay, as if nothing had been made of them yet; all other topics go. */
  readonly keep: readonly string[]
}

/** Empties a log that is there for a benchmark alone, for the next round. */
export async function forgetRows({ keep, ...place }: ForgetRowsParams): Promise<void> {
  const log = await openBenchLog(place)
  await resetViews(log, keep)
  for (const { name } of await log.topics()) if (!keep.includes(name)) await log.deleteTopic(name)
  await log.close()
}
