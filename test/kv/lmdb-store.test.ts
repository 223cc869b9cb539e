import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { folderIdentity, statOf, thisProcess } from '../../src/core/process-identity.ts'
import { openLmdbStore } from '../../src/kv/lmdb-store.ts'
import { writeLockHolder } from '../../src/kv/open-gate.ts'
import { type Child, startChild } from '../support/child.ts'
import { bytes, keyValueConformance, textOf } from './key-value-conformance.ts'

const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'windrow-kv-'))

keyValueConformance('on LMDB', async () => {
  const path = newDirectory()
  return { open: () => openLmdbStore({ path }), dispose: async () => rmSync(path, { recursive: true }) }
})

describe('a store on LMDB', () => {
  let path: string
  beforeEach(() => {
    path = newDirectory()
  })
  afterEach(() => {
    rmSync(path, { recursive: true })
  })

  test('may be open twice in one process', async () => {
    const one = await openLmdbStore({ path })
    const two = await openLmdbStore({ path })
    await one.batch([{ key: bytes('a'), value: bytes('1') }])
    expect(textOf(two.get(bytes('a')))).toBe('1')
    await one.close()
    await two.batch([{ key: bytes('a'), value: bytes('2') }])
    expect(textOf(two.get(bytes('a')))).toBe('2')
    await two.close()
  })

  describe('that a process of another container, with the number of this one,', () => {
    const markOfNamesake = (): string => {
      const mark = join(path, 'gate', 'writing', 'namesake')
      mkdirSync(join(path, 'gate', 'writing'), { recursive: true })
      const identity = { ...thisProcess(folderIdentity(path)), started: '1', pidSpace: 'pid:[elsewhere]' }
      writeFileSync(mark, `0${JSON.stringify(identity)}`)
      return mark
    }

    test('has open is not opened, since LMDB would take the two for one', async () => {
      const mark = markOfNamesake()
      let beats = 0
      const beating = setInterval(() => utimesSync(mark, new Date(), new Date(Date.now() + beats++)), 5)
      try {
        await expect(openLmdbStore({ path })).rejects.toMatchObject({ code: 'WR_STORE_LOCKED', facts: { pid: process.pid } })
      } finally {
        clearInterval(beating)
      }
    })

    test('had open when it was killed is opened once it has shown no life for some seconds', async () => {
      const mark = markOfNamesake()
      const aWhileAgo = new Date(Date.now() - 5_700)
      utimesSync(mark, aWhileAgo, aWhileAgo)
      const kv = await openLmdbStore({ path })
      await kv.batch([{ key: bytes('a'), value: bytes('1') }])
      expect(textOf(kv.get(bytes('a')))).toBe('1')
      await kv.close()
    })
  })

  test('keeps the conditions of several processes apart: no count is lost', async () => {
    const counters = await Promise.all([1, 2, 3].map(() => startChild('test/kv/workers/counter.ts', [path, '20'])))
    for (const counter of counters) expect(await counter.ended).toBe(0)
    const kv = await openLmdbStore({ path })
    expect(textOf(kv.get(bytes('counter')))).toBe('60')
    await kv.close()
  })

  test('tells of what another process wrote within tens of milliseconds', async () => {
    const kv = await openLmdbStore({ path })
    const told = new Promise<void>((resolve) => {
      const stop = kv.watch(() => {
        if (kv.get(bytes('counter')) === undefined) return
        stop()
        resolve()
      })
    })
    const child = await startChild('test/kv/workers/counter.ts', [path, '1'])
    await told
    await child.ended
    await kv.close()
  })

  test('refuses what does not fit its limit, applies nothing of it, and takes it when there is room again', async () => {
    const kv = await openLmdbStore({ path, maxBytes: 1024 * 1024 })
    const half = new Uint8Array(512 * 1024)
    await kv.batch([{ key: bytes('a'), value: half }])
    const both = kv.batch([
      { key: bytes('b'), value: half },
      { key: bytes('c'), value: bytes('small') },
    ])
    await expect(both).rejects.toMatchObject({ code: 'WR_DISK_FULL', canRetry: true })
    expect(kv.get(bytes('c'))).toBeUndefined()
    await kv.batch([{ key: bytes('a'), value: null }])
    expect(await kv.batch([{ key: bytes('b'), value: half }])).toBe(true)
    await kv.close()
  })

  test('grows beyond the map it began with', async () => {
    const kv = await openLmdbStore({ path, mapSizeBytes: 1024 * 1024 })
    const value = new Uint8Array(1024 * 1024).fill(7)
    for (let i = 0; i < 8; i++) await kv.batch([{ key: bytes(`k${i}`), value }])
    for (let i = 0; i < 8; i++) expect(Buffer.compare(kv.get(bytes(`k${i}`)) as Uint8Array, value)).toBe(0)
    await kv.close()
  })

  test('refuses keys that LMDB does not take', async () => {
    const kv = await openLmdbStore({ path })
    await expect(kv.batch([{ key: new Uint8Array(0), value: null }])).rejects.toMatchObject({ code: 'WR_KEY_SIZE' })
    await expect(kv.batch([{ key: new Uint8Array(1979), value: null }])).rejects.toMatchObject({ code: 'WR_KEY_SIZE' })
    expect(await kv.batch([{ key: new Uint8Array(1978), value: bytes('x') }])).toBe(true)
    await kv.close()
  })

  test('says when its directory cannot be written', async () => {
    const file = join(path, 'file')
    writeFileSync(file, '')
    await expect(openLmdbStore({ path: join(file, 'below') })).rejects.toMatchObject({ code: 'WR_DATA_DIR_UNWRITABLE' })
    await expect(openLmdbStore({ path: file })).rejects.toMatchObject({ code: 'WR_DATA_DIR_UNWRITABLE' })
  })

  test('says when its files are no store', async () => {
    writeFileSync(join(path, 'data.mdb'), 'something else, and more than a page of it'.repeat(500))
    await expect(openLmdbStore({ path })).rejects.toMatchObject({ code: 'WR_STORE_FAILED' })
  })

  test('loses nothing when processes open it while others write', async () => {
    const counting = await startChild('test/kv/workers/counter.ts', [path, '200'])
    await counting.next('ready')
    const opening = await startChild('test/kv/workers/opener.ts', [path, '30'])
    for (const child of [counting, opening]) expect(await child.ended).toBe(0)
    const kv = await openLmdbStore({ path })
    expect(textOf(kv.get(bytes('counter')))).toBe('200')
    await kv.close()
  })

  describe.runIf(process.platform === 'linux')('when a process is stopped in the middle of a write', () => {
    /** Stops the writer while it is within a commit. */
    const stopWriting = async (writer: Child): Promise<void> => {
      for (;;) {
        writer.kill('SIGSTOP')
        await expect.poll(() => statOf(writer.pid)?.state, { interval: 1 }).toBe('T')
        if (writeLockHolder(path) !== null) return
        writer.kill('SIGCONT')
        await new Promise(setImmediate)
      }
    }

    test('does not wait for ever to be opened, and names the process', async () => {
      const writer = await startChild('test/kv/workers/counter.ts', [path, '1000000'])
      await writer.next('ready')
      await stopWriting(writer)
      expect(writeLockHolder(path)).toEqual({ pid: writer.pid, doing: 'writing', stopped: true })
      await expect(openLmdbStore({ path, openTimeoutMs: 100 })).rejects.toMatchObject({
        code: 'WR_STORE_LOCKED',
        message: expect.stringContaining(String(writer.pid)),
      })
      writer.kill('SIGCONT')
      const kv = await openLmdbStore({ path })
      await kv.close()
      writer.kill('SIGKILL')
      await writer.ended
    })

    test('goes on when that process is killed', async () => {
      const writer = await startChild('test/kv/workers/counter.ts', [path, '1000000'])
      await writer.next('ready')
      await stopWriting(writer)
      writer.kill('SIGKILL')
      await writer.ended
      const kv = await openLmdbStore({ path, openTimeoutMs: 100 })
      expect(await kv.batch([{ key: bytes('a'), value: bytes('1') }])).toBe(true)
      expect(writeLockHolder(path)).toBeNull()
      await kv.close()
    })
  })

  test.runIf(canMount())('survives a disk that is full', async () => {
    const small = join(path, 'small')
    mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small])
    try {
      const kv = await openLmdbStore({ path: small })
      const value = new Uint8Array(300 * 1024)
      let fitted = 0
      const filling = async (): Promise<void> => {
        for (; ; fitted++) await kv.batch([{ key: bytes(`k${fitted}`), value }])
      }
      await expect(filling()).rejects.toMatchObject({ code: 'WR_DISK_FULL' })
      expect(fitted).toBeGreaterThan(2)
      expect(kv.get(bytes(`k${fitted}`))).toBeUndefined()
      expect(kv.get(bytes(`k${fitted - 1}`))?.byteLength).toBe(value.byteLength)
      await kv.close()
    } finally {
      execFileSync('umount', [small])
    }
  })
})

/** Only root may mount, and not in every container. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const at = newDirectory()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' })
    execFileSync('umount', [at])
    return true
  } catch {
    return false
  } finally {
    rmSync(at, { recursive: true })
  }
}
