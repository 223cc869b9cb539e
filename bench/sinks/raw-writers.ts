import type { StoreName } from '../../src/views/view.ts'
import type { OpenRawWriter } from './raw-writer.ts'

/** Each is loaded where it is used only. */
export const rawWriters: Readonly<Partial<Record<StoreName, () => Promise<OpenRawWriter>>>> = {
  influxdb: async () => (await import('./influxdb-raw.ts')).openRawInflux,
}
