import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LakeStorage } from '../../src/sinks/lake/storage/storage.ts'
import { makeTempDirectory, removeDirectory } from '../sinks/temp-directory.ts'

/** A place for lakes, to which several processes have a storage each. */
export interface StorageUnderTest {
  open(): Promise<LakeStorage>
  close(): Promise<void>
}

/** Bytes that every storage has to take as one file. */
const LARGE = 6 * 1024 * 1024

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What every storage of a lake does. Call it at the top of a test file. */
export function lakeStorageConformance(kind: string, setUp: () => Promise<StorageUnderTest>): void {
  describe(`${kind}: the storage of a lake`, () => {
    let place: StorageUnderTest
    let storage: LakeStorage
    const folder = makeTempDirectory()

    beforeAll(async () => {
      place = await setUp()
      storage = await place.open()
    })
    afterAll(async () => {
      await storage?.close()
      await place?.close()
      removeDirectory(folder)
    })

    const names = async (prefix: string): Promise<string[]> => {
      const found: string[] = []
      for await (const { name } of storage.list(prefix)) found.push(name)
      return found
    }
    const textOf = async (name: string): Promise<string | null> => {
      const found = await storage.read(name)
      return found === null ? null : new TextDecoder().decode(found.bytes)
    }

    test('reads what was written, with the tag that the write gave', async () => {
      const tag = await storage.write('read/a.json', bytesOf('one'), 'none')
      expect(await storage.read('read/a.json')).toMatchObject({ tag })
      expect(await textOf('read/a.json')).toBe('one')
      expect(await storage.read('read/b.json')).toBeNull()
      expect(await storage.fetch('read/b.json', join(folder, 'b'))).toBeNull()
    })

    test('writes a new file only where there is none', async () => {
      await storage.write('new/a', bytesOf('one'), 'none')
      await expect(storage.write('new/a', bytesOf('two'), 'none')).rejects.toMatchObject({ code: 'WR_LAKE_CHANGED' })
      expect(await textOf('new/a')).toBe('one')
    })

    test('replaces a file only where it is still the expected one', async () => {
      const first = await storage.write('replace/a', bytesOf('one'), 'any')
      const second = await storage.write('replace/a', bytesOf('two'), { tag: first })
      expect(second).not.toBe(first)
      await expect(storage.write('replace/a', bytesOf('three'), { tag: first })).rejects.toMatchObject({
        code: 'WR_LAKE_CHANGED',
      })
      expect(await textOf('replace/a')).toBe('two')
      await storage.remove(['replace/a'])
      await expect(storage.write('replace/a', bytesOf('four'), { tag: second })).rejects.toMatchObject({
        code: 'WR_LAKE_CHANGED',
      })
      expect(await storage.read('replace/a')).toBeNull()
    })

    test('lets one of many writers at a time win, and tells all others', async () => {
      const others = await Promise.all([place.open(), place.open(), place.open()])
      try {
        for (const expected of ['none', 'tag'] as const) {
          const before = await storage.read('race/a')
          const asked = [storage, ...others].map((each, i) =>
            each.write('race/a', bytesOf(`${expected} ${i}`), expected === 'none' ? 'none' : { tag: before?.tag ?? '' }),
          )
          const settled = await Promise.allSettled(asked)
          const won = settled.flatMap((each, i) => (each.status === 'fulfilled' ? [{ i, tag: each.value }] : []))
          expect(won).toHaveLength(1)
          expect(await storage.read('race/a')).toMatchObject({ tag: won[0]?.tag })
          expect(await textOf('race/a')).toBe(`${expected} ${won[0]?.i}`)
          const codes = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []))
          expect(new Set(codes)).toEqual(new Set(['WR_LAKE_CHANGED']))
        }
      } finally {
        for (const other of others) await other.close()
      }
    })

    test('stores a local file whole, however large, and under the same conditions', async () => {
      const bytes = randomBytes(LARGE)
      const path = join(folder, 'large')
      const put = (name: string) => {
        writeFileSync(path, bytes)
        return storage.store(path, name, 'none')
      }
      const tag = await put('large/a.parquet')
      await expect(put('large/a.parquet')).rejects.toMatchObject({ code: 'WR_LAKE_CHANGED' })
      const copy = join(folder, 'copy')
      expect(await storage.fetch('large/a.parquet', copy)).toBe(tag)
      expect(readFileSync(copy).equals(bytes)).toBe(true)
      writeFileSync(path, 'small')
      const next = await storage.store(path, 'large/a.parquet', { tag })
      expect(await storage.fetch('large/a.parquet', copy)).toBe(next)
      expect(readFileSync(copy, 'utf8')).toBe('small')
      writeFileSync(path, bytes)
      await expect(storage.store(path, 'large/a.parquet', { tag })).rejects.toMatchObject({ code: 'WR_LAKE_CHANGED' })
    })

    test('a fetched copy stays what it was when the file is replaced', async () => {
      const tag = await storage.write('copy/a', bytesOf('one'), 'none')
      const copy = join(folder, 'kept')
      await storage.fetch('copy/a', copy)
      await storage.write('copy/a', bytesOf('two'), { tag })
      await storage.remove(['copy/a'])
      expect(existsSync(copy) && readFileSync(copy, 'utf8')).toBe('one')
    })

    test('lists the files under a prefix with their sizes and tags, in the order of their names', async () => {
      const written = [
        'list/day=2025-01-02/b',
        'list/day=2025-01-02/a',
        'list/day=2025-01-01/é 1+1&<b>.parquet',
        'list/x',
        'lister/x',
      ]
      for (const name of written) await storage.write(name, bytesOf(name), 'none')
      expect(await names('list/')).toEqual([written[2], written[1], written[0], written[3]])
      expect(await names('list/day=2025-01-02/')).toEqual([written[1], written[0]])
      expect(await names('nowhere/')).toEqual([])
      for await (const file of storage.list('list/x')) {
        expect(file).toEqual({ name: 'list/x', bytes: 6, tag: (await storage.read('list/x'))?.tag })
      }
    })

    test('removes files, and those that are not there are no error', async () => {
      const many = Array.from({ length: 25 }, (_, i) => `remove/${i}`)
      for (const name of many) await storage.write(name, bytesOf(name), 'none')
      await storage.remove([...many.slice(1), 'remove/none'])
      expect(await names('remove/')).toEqual(['remove/0'])
      await storage.remove([])
    })

    test('refuses names that would leave the lake', async () => {
      for (const name of ['../a', '/a', 'a//b', 'a/./b', '.windrow/a', 'a\\b', '']) {
        const attempts = [
          async () => storage.read(name),
          async () => storage.write(name, bytesOf('x'), 'any'),
          async () => storage.remove([name]),
        ]
        for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'WR_LAKE_NAME' })
      }
    })

    test('shows nothing of its own', async () => {
      await storage.write('own/a', bytesOf('a'), 'any')
      expect((await names('')).filter((name) => name.startsWith('.windrow'))).toEqual([])
    })
  })
}
