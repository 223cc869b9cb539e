import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeyValueStore } from '../../src/kv/port.ts'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value)

export interface StoreUnderTest {
  open(): Promise<KeyValueStore>
  dispose(): Promise<void>
}

/** The behaviour that every store has. */
export function keyValueConformance(name: string, setUp: () => Promise<StoreUnderTest>): void {
  describe(`${name}: a store`, () => {
    let under: StoreUnderTest
    let kv: KeyValueStore
    beforeEach(async () => {
      under = await setUp()
      kv = await under.open()
    })
    afterEach(async () => {
      await kv.close()
      await under.dispose()
    })
    const put = (key: string, value: string | null): { key: Uint8Array; value: Uint8Array | null } => ({
      key: bytes(key),
      value: value === null ? null : bytes(value),
    })
    const contents = (): Record<string, string> =>
      Object.fromEntries(
        kv.range({ start: Uint8Array.of(0), end: Uint8Array.of(255) }).map(({ key, value }) => [textOf(key), textOf(value)]),
      )

    test('gives back what was put, an empty value too, and nothing for what was not', async () => {
      expect(await kv.batch([put('a', '1'), put('b', '')])).toBe(true)
      expect(textOf(kv.get(bytes('a')))).toBe('1')
      expect(kv.get(bytes('b'))).toEqual(new Uint8Array(0))
      expect(kv.get(bytes('c'))).toBeUndefined()
      await kv.batch([put('a', null), put('never there', null)])
      expect(kv.get(bytes('a'))).toBeUndefined()
    })

    test('keeps it when it is opened again', async () => {
      await kv.batch([put('a', '1')])
      await kv.close()
      kv = await under.open()
      expect(textOf(kv.get(bytes('a')))).toBe('1')
    })

    test('gives values that the caller owns', async () => {
      await kv.batch([put('a', '1')])
      const first = kv.get(bytes('a')) as Uint8Array
      first[0] = 0
      kv.get(bytes('other'))
      expect(textOf(kv.get(bytes('a')))).toBe('1')
    })

    test('applies a batch on its conditions only, and whole or not at all', async () => {
      await kv.batch([put('a', '1'), put('b', '2')])
      const isOne = { key: bytes('a'), expected: bytes('1') }
      const isThree = { key: bytes('b'), expected: bytes('3') }
      const absent = { key: bytes('z'), expected: null }
      expect(await kv.batch([put('x', 'x'), put('a', null)], [isOne, isThree])).toBe(false)
      expect(await kv.batch([put('x', 'x')], [isThree, isOne, absent])).toBe(false)
      expect(await kv.batch([put('x', 'x')], [{ key: bytes('a'), expected: null }, isOne])).toBe(false)
      expect(await kv.batch([put('x', 'x')], [{ key: bytes('z'), expected: bytes('') }])).toBe(false)
      expect(contents()).toEqual({ a: '1', b: '2' })
      expect(await kv.batch([put('x', 'x'), put('a', null)], [absent, isOne, { key: bytes('b'), expected: bytes('2') }])).toBe(
        true,
      )
      expect(contents()).toEqual({ b: '2', x: 'x' })
    })

    test('lets one of many batches with the same condition through', async () => {
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, i) => kv.batch([put('owner', String(i))], [{ key: bytes('owner'), expected: null }])),
      )
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect(textOf(kv.get(bytes('owner')))).toBe(String(claims.indexOf(true)))
    })

    test('applies batches that wait together in their order', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, i) => kv.batch([put('last', String(i))])))
      expect(textOf(kv.get(bytes('last')))).toBe('49')
    })

    test('tells whoever watches that something changed, until they have enough', async () => {
      let told = 0
      let tell = (): void => undefined
      const first = new Promise<void>((resolve) => {
        tell = resolve
      })
      const stop = kv.watch(() => {
        told++
        tell()
      })
      await kv.batch([put('a', '1')])
      await first
      stop()
      const before = told
      await kv.batch([put('a', '2')])
      await new Promise(setImmediate)
      expect(told).toBe(before)
    })

    test('refuses everything after it was closed', async () => {
      await kv.close()
      expect(() => kv.get(bytes('a'))).toThrow(expect.objectContaining({ code: 'WR_STORE_CLOSED' }))
      await expect(kv.batch([put('a', '1')])).rejects.toMatchObject({ code: 'WR_STORE_CLOSED' })
    })

    test('gives ranges in the order of unsigned bytes, both ways, start included and end not', async () => {
      const key = fc.uint8Array({ minLength: 1, maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(
          fc.array(key, { maxLength: 30 }),
          key,
          key,
          fc.boolean(),
          fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
          async (keys, start, end, reverse, limit) => {
            const all = kv.keys({ start: Uint8Array.of(0), end: new Uint8Array(5).fill(255) })
            await kv.batch([...all.map((old) => ({ key: old, value: null })), ...keys.map((one) => ({ key: one, value: one }))])
            const sorted = [...new Map(keys.map((one) => [Buffer.from(one).toString('hex'), Buffer.from(one)])).values()].sort(
              Buffer.compare,
            )
            const within = sorted.filter((one) => Buffer.compare(one, start) >= 0 && Buffer.compare(one, end) < 0)
            const expected = (reverse ? within.reverse() : within).slice(0, limit).map((one) => one.toString('hex'))
            const range = { start, end, reverse, ...(limit === undefined ? {} : { limit }) }
            expect(kv.keys(range).map((one) => Buffer.from(one).toString('hex'))).toEqual(expected)
            expect(kv.range(range).map(({ value }) => Buffer.from(value).toString('hex'))).toEqual(expected)
          },
        ),
        { numRuns: 60 },
      )
    })
  })
}
