import fc from 'fast-check'
import { expect, test } from 'vitest'
import { influxTables } from '../../../src/sinks/influxdb/influx-tables.ts'

const answer = [
  {
    results: [{ statement_id: 0, series: [{ name: 'm', tags: { city: 'Zürich' }, columns: ['time', 'f'], values: [[1, 0.1]] }] }],
  },
  { results: [{ statement_id: 0, series: [{ name: 'm', columns: ['time', 'f'], values: [[2, null]] }] }, { statement_id: 1 }] },
]
const bytes = Buffer.from(`${answer.map((each) => JSON.stringify(each)).join('\n')}\n\n`)

test('an answer in any pieces is read the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const ends = [...new Set([...cuts, bytes.length])].sort((a, b) => a - b)
      let heard = 0
      async function* chunks(): AsyncGenerator<Uint8Array> {
        for (const [i, end] of ends.entries()) yield bytes.subarray(ends[i - 1] ?? 0, end)
      }
      const found = []
      for await (const table of influxTables(chunks(), () => heard++)) found.push(table)
      expect(found).toEqual([
        { statement: 0, name: 'm', tags: { city: 'Zürich' }, columns: ['time', 'f'], values: [[1, 0.1]] },
        { statement: 0, name: 'm', tags: {}, columns: ['time', 'f'], values: [[2, null]] },
      ])
      expect(heard).toBe(ends.length)
    }),
  )
})
