import { expect, test } from 'vitest'
import { mendSource } from '../conformance/mend-source.ts'
import { conformanceView } from '../conformance/sink-conformance.ts'
import { byKey, rowKeyOf, sinkWorld } from '../conformance/sink-world.ts'

const row = (station: string, hour: number, n: number) => [station, hour * 3_600_000, 'City', n / 3, n, true]

test('the final rows of a view are the last of each key, without those that are gone, in the order of the keys', async () => {
  const world = await sinkWorld(conformanceView)
  const source = mendSource(world, 100)
  await world.write([
    { put: row('paris', 0, 1) },
    { put: row('lyon', 3, 2) },
    { put: row('paris', 1, 3) },
    { put: row('nice', 1, 3) },
  ])
  await world.write([{ put: row('paris', 0, 4) }, { drop: ['nice', 3_600_000] }])
  const rows = await source.finalRows()
  try {
    const found = []
    for await (const page of rows.entries()) found.push(...page.map(({ cells }) => cells))
    expect(found).toEqual(world.expected())
    expect(rows.get(rowKeyOf(conformanceView, row('nice', 1, 3)))).toBeNull()

    await world.write([{ put: row('paris', 0, 5) }, { put: row('nice', 1, 7) }])
    expect(rows.get(rowKeyOf(conformanceView, row('paris', 0, 0)))?.cells).toEqual(row('paris', 0, 4))
    await rows.catchUp()
    expect(rows.get(rowKeyOf(conformanceView, row('paris', 0, 0)))).toMatchObject({
      cells: row('paris', 0, 5),
      keyCells: ['paris', 0],
    })
    const last = []
    for await (const page of rows.entries()) last.push(...page.map(({ cells }) => cells))
    expect(last).toEqual(world.expected())
    expect(byKey(conformanceView, last)).toEqual(last)
    expect(rows.ends).toEqual([(await world.log.bounds(world.topic(), 0)).end, (await world.log.bounds(world.topic(), 1)).end])
  } finally {
    await rows.close()
  }
})
