import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { goldStateName, readGoldState } from '../../../../src/sinks/lake/gold/gold-state.ts'
import { type Cell, count, defineView, instant, text } from '../../../../src/views/view.ts'
import type { Change } from '../../../conformance/sink-world.ts'
import { folderStorage } from '../storage/folder-storage.ts'
import { type GoldWorld, goldWorld } from './gold-world.ts'

const view = defineView({
  name: 'hourly',
  doc: 'For tests.',
  key: { stationId: text('Station.'), hour: instant('Hour.') },
  values: { n: count('Readings.') },
  stores: [],
})

const HOUR = 3_600_000
const MONTH = 31 * 24
const at = (hour: number): number => Date.UTC(2025, 0, 15) + hour * HOUR
const put = (station: string, hour: number, n: number): Change => ({ put: [station, at(hour), n] })
const drop = (station: string, hour: number): Change => ({ drop: [station, at(hour)] })

const before = [
  put('paris', 0, 1),
  put('paris', MONTH, 2),
  put('lyon', 0, 3),
  put('oslo', 2 * MONTH, 4),
  put('rome', 3 * MONTH, 5),
]
/** A row moves to another month, one is corrected, one is gone with its month, one is new with its month. */
const merged = [
  drop('lyon', 0),
  put('lyon', MONTH, 3),
  put('paris', MONTH, 7),
  drop('oslo', 2 * MONTH),
  put('bonn', 4 * MONTH, 1),
]
const replayed = [put('paris', 0, 1), put('paris', MONTH, 9), put('lyon', 0, 8), put('bonn', 4 * MONTH, 1)]

const histories = {
  'that is merged': (world: GoldWorld['world']) => world.write(merged),
  'of another generation': (world: GoldWorld['world']) => world.nextGeneration(replayed),
}

/** What the file of state is, and what those that it names have, at one moment. */
interface Moment {
  readonly state: string
  readonly isBeingWritten: boolean
  readonly files: ReadonlyMap<string, string>
}

async function momentOf({ lake }: GoldWorld): Promise<Moment> {
  const name = goldStateName(view.name)
  const state = await readGoldState(folderStorage(lake), name)
  const names = Object.keys(state?.files ?? {})
  return {
    state: readFileSync(join(lake, name), 'utf8'),
    isBeingWritten: state?.intent !== null,
    files: new Map(names.map((each) => [each, readFileSync(join(lake, each), 'base64')])),
  }
}

describe.each(Object.entries(histories))('who reads during a flush %s', (_, change) => {
  test('finds each key once, as it was before or as it is after, and none missing that is there before and after', async () => {
    const gold = await goldWorld(view)
    const { world, writer, rows, storage } = gold
    await world.write(before)
    await writer().flush(world.topic())
    const old = byKey(world.expected())
    await change(world)
    const next = byKey(world.expected())
    let looks = 0
    storage.onChange = async () => {
      looks += 1
      const found = await rows()
      expect(byKey(found).size).toBe(found.length)
      for (const [key, row] of byKey(found)) expect([old.get(key), next.get(key)]).toContain(row)
      for (const key of old.keys()) if (next.has(key)) expect(byKey(found).has(key)).toBe(true)
    }
    await writer({ storage }).flush(world.topic())
    expect(looks).toBeGreaterThan(4)
    expect(byKey(await rows())).toEqual(next)
  })

  test('and reads the file of state before and after finds the view as it was at one moment', async () => {
    const gold = await goldWorld(view)
    const { world, writer, storage } = gold
    await world.write(before)
    await writer().flush(world.topic())
    await change(world)
    const moments = [await momentOf(gold)]
    storage.onChange = async () => void moments.push(await momentOf(gold))
    await writer({ storage }).flush(world.topic())
    moments.push(await momentOf(gold))
    const [first, last] = [moments[0] as Moment, moments.at(-1) as Moment]
    expect(last.state).not.toBe(first.state)
    expect(last.files).not.toEqual(first.files)
    for (const [i, begin] of moments.entries()) {
      if (begin.isBeingWritten) continue
      const same = moments.slice(i).findLastIndex(({ state }) => state === begin.state)
      // Whichever files were read at whichever moment in between.
      for (const { files } of moments.slice(i, i + same + 1)) expect(files).toEqual(begin.files)
    }
    expect([...new Set(moments.map(({ isBeingWritten }) => isBeingWritten))]).toEqual([false, true])
  })

  test('finds nothing of an owner that was stopped in a call, and goes on when another one has done its work', {
    timeout: 60_000,
  }, async () => {
    for (let held = 1, isOver = false; !isOver; held++) {
      const { world, writer, rows, storage, database } = await goldWorld(view)
      await world.write(before)
      await writer().flush(world.topic())
      await change(world)
      let isHeld = true
      const old = storage.connect()
      old.onCall = async (call) => {
        if (call !== held) return
        isHeld = false
        await world.write([put('paris', 0, 33), drop('bonn', 4 * MONTH), drop('lyon', MONTH)])
        await writer({ storage: storage.connect(), epoch: 3 }).flush(world.topic())
      }
      const fenced = new Error('another process has the lake')
      const slow = writer({
        storage: old,
        epoch: 2,
        database: await database(),
        assertHeld: () => {
          if (!isHeld) throw fenced
        },
      })
      const outcome = await slow.flush(world.topic()).then(
        () => 'done',
        (error: { code?: string; message: string }) => error.code ?? error.message,
      )
      isOver = isHeld
      if (!isOver) expect([fenced.message, 'WR_LAKE_CHANGED', 'done']).toContain(outcome)
      if (isOver) await writer({ epoch: 3 }).flush(world.topic())
      expect(byKey(await rows()), `held in call ${held}`).toEqual(byKey(world.expected()))
    }
  })
})

function byKey(rows: readonly (readonly Cell[])[]): Map<string, string> {
  return new Map(rows.map((row) => [JSON.stringify(row.slice(0, 2)), JSON.stringify(row)]))
}
