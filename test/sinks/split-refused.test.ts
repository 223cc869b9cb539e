import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WindrowError } from '../../src/core/errors.ts'
import type { SinkRow } from '../../src/sinks/sink.ts'
import { splitRefused } from '../../src/sinks/split-refused.ts'

const row = (offset: number): SinkRow => ({ key: `[${offset}]`, keyCells: [], cells: [], offset, value: null, isNew: false })
const refusal = new WindrowError('WR_ROW_REFUSED', { message: 'no', remedy: 'none' })

describe('rows of which a store refuses some', () => {
  test('are all written but those, in order, and the progress never passes a row that is neither written nor refused', async () => {
    const offsets = fc.uniqueArray(fc.nat(100), { maxLength: 30 }).map((all) => all.sort((a, b) => a - b))
    await fc.assert(
      fc.asyncProperty(offsets, fc.func(fc.boolean()), async (all, isRefused) => {
        const written: number[] = []
        const refused: number[] = []
        let progress = -1
        const done = (): number[] => [...written, ...refused]
        await splitRefused(
          all.map(row),
          200,
          async (rows, next) => {
            if (rows.some(({ offset }) => isRefused(offset))) throw refusal
            written.push(...rows.map(({ offset }) => offset))
            expect(next).toBeGreaterThanOrEqual(progress)
            expect(all.filter((offset) => offset < next).every((offset) => done().includes(offset))).toBe(true)
            progress = next
          },
          async ({ offset }, reason) => {
            expect(reason).toBe(refusal)
            refused.push(offset)
          },
        )
        expect(progress).toBe(200)
        expect(written).toEqual(all.filter((offset) => !isRefused(offset)))
        expect(refused).toEqual(all.filter((offset) => isRefused(offset)))
      }),
    )
  })

  test('are left as they are after any other error', async () => {
    const tries: number[] = []
    const writing = splitRefused(
      [row(1), row(2)],
      3,
      async (rows) => {
        tries.push(rows.length)
        throw new Error('away')
      },
      async () => undefined,
    )
    await expect(writing).rejects.toThrow('away')
    expect(tries).toEqual([2])
  })
})
