import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, type RunningStore, startStores } from '../../../scripts/services/stores.js'
import { withConfig } from '../../../src/cli/session.ts'
import { withSinks } from '../../../src/cli/sinks/with-sinks.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { canonicalKey } from '../../../src/views/row-key.ts'
import type { Cell, View } from '../../../src/views/view.ts'
import { weatherDailyView } from '../../../src/views/weather.ts'
import { type CommandLine, commandLine, TWO_DAYS } from '../command-line.ts'

interface Verified {
  readonly compared: ReadonlyArray<{
    readonly store: string
    readonly missing: number
    readonly extra: number
    readonly changed: number
  }>
  readonly differences: ReadonlyArray<{
    readonly store: string
    readonly difference: string
    readonly key: object
    readonly columns: readonly object[]
  }>
}

describe('windrow replay --verify, of the stores that are here', () => {
  const view: View = weatherDailyView
  let running: readonly RunningStore[] = []
  let windrow: CommandLine
  let environment: Readonly<Record<string, string>>
  let written = 0

  beforeAll(async () => {
    running = await startStores()
    environment = environmentOf(running)
    windrow = await commandLine(environment)
    await windrow.ok(...TWO_DAYS)
    await windrow.ok('run', '--until-end')
  })
  afterAll(async () => {
    await Promise.all(running.map(({ stop }) => stop()))
    await windrow?.remove()
  })

  const verify = async (...words: readonly string[]): Promise<{ readonly code: number; readonly said: Verified }> => {
    const { code, stdout, stderr } = await windrow.run('replay', ...words, '--verify', '--json')
    if (code > 1) throw new Error(stderr)
    return { code, said: JSON.parse(stdout) as Verified }
  }

  /** Through the sinks themselves, as somebody would by hand: the views' topics know nothing of it. */
  const tamper = async (
    change: (rows: ReadonlyArray<readonly Cell[]>) => ReadonlyArray<readonly [readonly Cell[], boolean]>,
  ): Promise<void> => {
    const config = loadConfig({ ...environment, WINDROW_DATA_DIR: 'data' }, windrow.folder)
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    await withConfig(config, async ({ topicOfView, log }) => {
      const topic = await topicOfView(view)
      if (topic === null) throw new Error('the view has not been built')
      await withSinks({ config, names: running.map(({ name }) => name), logger }, async (sinks) => {
        for (const sink of sinks) {
          const rows: Array<readonly Cell[]> = []
          for await (const page of sink.rows(view)) rows.push(...page)
          rows.sort((a, b) => (canonicalKey(view, a) < canonicalKey(view, b) ? -1 : 1))
          await sink.open([view])
          const target = { view, topic, partition: 0 }
          const { epoch } = await sink.claim(target, 1_000_000)
          const { end } = await log.bounds(topic, 0)
          const changed = change(rows).map(([cells, stays], i) => ({
            key: canonicalKey(view, cells),
            keyCells: cells.slice(0, view.key.length),
            cells: stays ? cells : null,
            // The later one wins, in Cassandra too.
            offset: end + written + i,
            value: null,
            isNew: false,
          }))
          await sink.apply({ target, epoch, rows: changed, nextOffset: end, last: null })
        }
      })
    })
    written += 100
  }

  test('finds nothing in what was just written', async () => {
    const { code, said } = await verify()
    expect(said.differences).toEqual([])
    expect(code).toBe(0)
    expect(new Set(said.compared.map(({ store }) => store))).toEqual(new Set(['log', ...running.map(({ name }) => name)]))
  })

  test('names the row that was edited, the one that was deleted, and the one that was added, in each', async () => {
    const temperature = view.columns.findIndex(({ column }) => column === 'temperature_mean')
    await tamper((rows) => {
      const [first, second, third] = rows as unknown as [readonly Cell[], readonly Cell[], readonly Cell[]]
      return [
        [first.map((cell, i) => (i === temperature ? 77 : cell)), true],
        [second, false],
        [['nowhere', ...third.slice(1)], true],
      ]
    })
    const { code, said } = await verify('weather_daily')
    expect(code).toBe(1)
    for (const { store, missing, extra, changed } of said.compared) {
      expect([store, missing, extra, changed]).toEqual([store, ...(store === 'log' ? [0, 0, 0] : [1, 1, 1])])
    }
    for (const { name } of running) {
      const own = said.differences.filter(({ store }) => store === name)
      expect(own.find(({ difference }) => difference === 'changed')?.columns).toEqual([
        { column: 'temperature_mean', expected: expect.any(Number), found: 77 },
      ])
      expect(own.find(({ difference }) => difference === 'extra')?.key).toMatchObject({ station_id: 'nowhere' })
    }
  })

  test('names all rows of a view that was emptied', async () => {
    await tamper((rows) => rows.map((cells) => [cells, false]))
    const { said } = await verify('weather_daily')
    const all = said.compared.find(({ store }) => store === 'log') as { readonly store: string; readonly equal?: number }
    for (const { store, missing, extra, changed } of said.compared.filter((each) => each.store !== 'log')) {
      expect([store, missing, extra, changed]).toEqual([store, all.equal, 0, 0])
    }
  })
})
