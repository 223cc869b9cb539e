import type { Cell, View } from '../../src/views/view.ts'

/**
 * What plain client code does best on a store: makes a table of its own for the view, then `write` puts the rows there, as many at once as
 * is fastest, and resolves when all are acknowledged.
 */
export interface RawWriter {
  write(rows: ReadonlyArray<readonly Cell[]>): Promise<void>
  close(): Promise<void>
}

/** `environment` holds the settings that say where the store is. */
export type OpenRawWriter = (environment: Readonly<Record<string, string>>, view: View) => Promise<RawWriter>
