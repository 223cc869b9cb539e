import type { StoreName } from '../../src/views/view.ts'
import { memoryUse, startMeter } from '../measure/usage.ts'
import { rawWriters } from '../sinks/raw-writers.ts'
import { hourlyRow, hourlyView } from '../workloads/hourly-rows.ts'
import type { WriteRowsResult } from './write-by-sink.ts'

export interface WriteRawParams {
  readonly store: StoreName
  /** The settings that say where the store is. */
  readonly environment: Readonly<Record<string, string>>
  readonly rows: number
}

/** Plain client code writes the same rows into a table of its own: they are in memory before the time begins. */
export async function writeRaw({ store, environment, rows }: WriteRawParams): Promise<WriteRowsResult> {
  const cells = Array.from({ length: rows }, (_, index) => hourlyRow(index))
  const open = await rawWriters[store]?.()
  if (open === undefined) throw new Error(`There is no plain client for ${store}`)
  const writer = await open(environment, hourlyView)
  const meter = startMeter()
  await writer.write(cells)
  const { seconds, cpuSeconds } = meter()
  await writer.close()
  return { rowsASecond: rows / seconds, cpuSecondsAMillion: (cpuSeconds / rows) * 1e6, peakRssBytes: memoryUse().peakRssBytes }
}
