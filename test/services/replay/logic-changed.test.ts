import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasPostgres } from '../../../scripts/services/postgres.js'
import { environmentOf, type RunningStore, startStores } from '../../../scripts/services/stores.js'
import { openSinks } from '../../../src/cli/sinks/open-sinks.ts'
import { openViewsSql } from '../../../src/cli/views-postgres.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import { canonicalKey } from '../../../src/views/row-key.ts'
import type { Cell, View } from '../../../src/views/view.ts'
import { expectedRows } from '../../runtime/replay/replay-world.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { type ReplaySetting, replaySetting, VIEWS } from './replay-setting.ts'
import { type SeenTable, type Watch, watchKeys, watchTable } from './watch-stores.ts'

const HISTORY = 2_500

/** A view before and after, by what each logic makes of the readings that were there when the replay began. */
interface Expected {
  readonly view: View
  /** With the columns that tables have from the beginning. */
  readonly viewBefore: View
  readonly rowsBefore: number
  readonly rowsAfter: number
  readonly keysOfBoth: readonly string[]
}

describe.runIf(hasPostgres())('other logic for views that are served (skipped where PostgreSQL cannot be started)', () => {
  let running: readonly RunningStore[] = []
  let setting: ReplaySetting
  let sql: SqlClient
  let sinks: readonly Sink[] = []

  beforeAll(async () => {
    running = await startStores()
    const names = running.map(({ name }) => name)
    setting = await replaySetting({ settings: environmentOf(running), stores: names })
    const config = loadConfig(setting.environment('grown'), setting.folder)
    sql = openViewsSql(config, silentLogger)
    sinks = await openSinks({ config, names, sql, logger: silentLogger })
  })
  afterAll(async () => {
    await Promise.all(sinks.map((sink) => sink.close()))
    await sql?.close()
    await setting?.remove()
    await Promise.all(running.map(({ stop }) => stop()))
  })

  const expectations = async (): Promise<readonly Expected[]> => {
    const [older, newer] = [await setting.topologies('old'), await setting.topologies('grown')]
    const found: Expected[] = []
    for (const { view } of newer) {
      const before = await expectedRows(setting.log, older, view.name)
      const after = await expectedRows(setting.log, newer, view.name)
      const keysOfBoth = [...after.keys()].filter((key) => before.has(key))
      const viewBefore = older.find((topology) => topology.view.name === view.name)?.view as View
      found.push({ view, viewBefore, rowsBefore: before.size, rowsAfter: after.size, keysOfBoth })
    }
    return found
  }
  const rowsIn = async (sink: Sink, view: View): Promise<Map<string, readonly Cell[]>> => {
    const rows = new Map<string, readonly Cell[]>()
    for await (const page of sink.rows(view)) for (const cells of page) rows.set(canonicalKey(view, cells), cells)
    return rows
  }

  test('goes live with no reader seeing anything but the old rows or the new ones', async () => {
    const { publisher, log } = setting
    await publisher.publish(HISTORY)
    const older = setting.start('old', ['run'])
    await setting.stores('old').untilProcessed()
    await setting.stores('old').untilCaughtUp(setting.stores('old').names)
    expect((await setting.stores('old').differences()).lines).toEqual([])

    const expected = await expectations()
    const postgres = running.find(({ name }) => name === 'postgres')?.environment.POSTGRES_URL as string
    const tables = expected.map(({ view }) => watchTable(postgres, view.name))
    const others = sinks.filter(({ store }) => store !== 'postgres')
    const keys = others.flatMap((sink) =>
      expected.map(({ viewBefore: view, keysOfBoth }) => ({
        of: `${view.name} in ${sink.name}`,
        ...watchKeys(sink, view, keysOfBoth),
      })),
    )

    const stopPublishing = publisher.keepPublishing(20)
    await setting.succeed('grown', 'replay', ...VIEWS)
    await older.kill()
    const newer = setting.start('grown', ['run'])
    await stopPublishing()
    const stores = setting.stores('grown')
    await stores.untilProcessed()
    await stores.untilCaughtUp(stores.names)
    for (const watch of [...tables, ...keys]) await watch.stop()

    for (const [i, table] of tables.entries()) expectOldOrNew(table, expected[i] as Expected)
    for (const { of, seen } of keys) {
      expect(seen.length, of).toBeGreaterThan(3)
      const gaps = seen.flatMap((missing, poll) => (missing.length === 0 ? [] : [{ poll, missing: missing.length }]))
      expect.soft(gaps, `${of}, ${seen.length} polls`).toEqual([])
    }

    expect((await stores.differences()).lines).toEqual([])
    expect(await setting.wrongViews('grown')).toEqual([])
    const made = await setting.topologies('grown')
    for (const { view, keysOfBoth, rowsBefore, rowsAfter } of expected) {
      // Else nothing would be shown by there being no old rows.
      expect(keysOfBoth.length).toBeGreaterThan(50)
      expect(keysOfBoth.length).toBeLessThan(Math.min(rowsBefore, rowsAfter))
      const wanted = [...(await expectedRows(log, made, view.name)).keys()]
      for (const sink of sinks) {
        const rows = await rowsIn(sink, view)
        expect([...rows.keys()].sort(), `${view.name} in ${sink.name}`).toEqual(wanted.sort())
        const logic = view.columns.findIndex(({ column }) => column === 'logic')
        expect(new Set([...rows.values()].map((cells) => cells[logic]))).toEqual(new Set([2]))
      }
    }
    await setting.stop(newer)
  })

  /** Rows of one logic at each look: no fewer than there were readings for, and none that goes again. */
  function expectOldOrNew({ seen }: Watch<SeenTable>, { view, rowsBefore, rowsAfter }: Expected): void {
    const order = seen.map(({ logics }) => logics.join())
    expect(new Set(order), view.name).toEqual(new Set(['1,1', '2,2']))
    const flip = order.indexOf('2,2')
    expect(order.lastIndexOf('1,1')).toBe(flip - 1)
    for (const [part, least] of [
      [seen.slice(0, flip), rowsBefore],
      [seen.slice(flip), rowsAfter],
    ] as const) {
      expect(part[0]?.rows, view.name).toBeGreaterThanOrEqual(least)
      part.forEach(({ rows, readings }, i) => {
        expect(rows).toBeGreaterThanOrEqual(part[i - 1]?.rows ?? 0)
        expect(readings).toBeGreaterThanOrEqual(part[i - 1]?.readings ?? 0)
      })
    }
    // Both logics count each reading once in the shifts: at the flip none is missing that was there.
    if (view.name === 'shift_means') {
      const [last, first] = [seen[flip - 1] as SeenTable, seen[flip] as SeenTable]
      expect(first.readings).toBeGreaterThanOrEqual(last.readings)
    }
  }
})
