import { setTimeout as delay } from 'node:timers/promises'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import { canonicalKey } from '../../../src/views/row-key.ts'
import type { View } from '../../../src/views/view.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'

const BETWEEN_MS = 3

/** What one statement saw of a table. */
export interface SeenTable {
  readonly rows: number
  /** Least and greatest number of the logic that has made a row. */
  readonly logics: readonly [number, number]
  /** The sum over all rows. */
  readonly readings: number
}

export interface Watch<T> {
  readonly seen: readonly T[]
  /** Rejects with what a poll rejected with. */
  stop(): Promise<void>
}

/** Asks Postgres for the table of a view again and again, each time in one statement. */
export function watchTable(url: string, view: string): Watch<SeenTable> {
  const client = openPgClient({ url, logger: silentLogger })
  const statement = `SELECT count(*)::int, min(logic)::int, max(logic)::int, sum(readings)::float8 FROM ${view}`
  return watch(
    async () => {
      const { rows } = await client.query(statement)
      const [count, least, greatest, readings] = (rows[0] ?? []).map(Number) as [number, number, number, number]
      return { rows: count, logics: [least, greatest] as const, readings }
    },
    () => client.close(),
  )
}

/** Reads all rows of a view again and again; what is seen are those of the keys that were not there. */
export function watchKeys(sink: Sink, view: View, keys: readonly string[]): Watch<readonly string[]> {
  return watch(
    async () => {
      const missing = new Set(keys)
      for await (const page of sink.rows(view)) for (const cells of page) missing.delete(canonicalKey(view, cells))
      return [...missing]
    },
    async () => undefined,
  )
}

function watch<T>(poll: () => Promise<T>, close: () => Promise<void>): Watch<T> {
  const seen: T[] = []
  let going = true
  const done = (async () => {
    try {
      while (going) {
        seen.push(await poll())
        await delay(BETWEEN_MS)
      }
    } finally {
      await close()
    }
  })()
  done.catch(() => undefined)
  return {
    seen,
    stop() {
      going = false
      return done
    },
  }
}
