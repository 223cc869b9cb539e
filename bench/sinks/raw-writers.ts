import type { StoreName } from '../../src/views/view.ts'
import type { OpenRawWriter } from './raw-writer.ts'

/** Each is loaded where it is used only. */
export const rawWriters: Readonly<Partial<Record<StoreName, () => Promise<OpenRawWriter>>>> = {
  postgres: async () => (await import('./postgres-raw.ts')).openRawPostgres,
}
