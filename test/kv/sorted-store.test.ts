import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SortedStore } from '../../src/kv/sorted-store.ts'

const entry = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 3, max: 250 }),
  value: fc.option(fc.uint8Array({ maxLength: 4 })),
})

const bytesOf = (value: Uint8Array | null): number[] | null => (value === null ? null : [...value])

async function sorted(puts: ReadonlyArray<{ readonly key: Uint8Array; readonly value: Uint8Array | null }>, memoryBytes: number) {
  const store = new SortedStore(memoryBytes)
  try {
    for (const { key, value } of puts) await store.put(key, value)
    const found: string[] = []
    for (const { key } of puts) {
      const last = puts.findLast((put) => Buffer.from(put.key).equals(Buffer.from(key)))
      expect(bytesOf(store.get(key))).toEqual(bytesOf(last?.value ?? null))
    }
    expect(store.get(Uint8Array.of(251))).toBeNull()
    for await (const page of store.entries()) {
      for (const { key, value } of page) found.push(`${Buffer.from(key).toString('hex')}=${Buffer.from(value).toString('hex')}`)
    }
    return found
  } finally {
    await store.close()
  }
}

test('the last value of each key comes out once, in the order of the keys, whether it all fits into memory or not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 60 }), async (puts) => {
      const last = new Map(puts.map(({ key, value }) => [Buffer.from(key).toString('hex'), value]))
      const expected = [...last]
        .filter(([, value]) => value !== null)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `${key}=${Buffer.from(value as Uint8Array).toString('hex')}`)
      expect(await sorted(puts, 1e9)).toEqual(expected)
      expect(await sorted(puts, 2_000)).toEqual(expected)
    }),
    { numRuns: 15 },
  )
})

test('what went to disk while sorting is removed afterwards', async () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('windrow-sort-'))
  const before = folders()
  await sorted(
    Array.from({ length: 50 }, (_, i) => ({ key: Uint8Array.of(i), value: new Uint8Array(100) })),
    1_000,
  )
  expect(folders()).toEqual(before)
})
