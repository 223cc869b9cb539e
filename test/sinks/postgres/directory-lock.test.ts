import { cpSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type LockResult, lockDirectory } from '../../../src/sinks/postgres/directory-lock.ts'
import { processLives, startOfProcess } from '../../../src/sinks/postgres/process-identity.ts'
import { tempDirectory } from '../temp-directory.ts'

const lock = (directory: string): Promise<LockResult> => lockDirectory(directory, (socket) => socket.destroy())

async function holderOf(results: readonly LockResult[]): Promise<LockResult> {
  const holders = results.filter((result) => result.lock !== null)
  expect(holders).toHaveLength(1)
  return holders[0] as LockResult
}

describe('a directory', () => {
  test('is held by one of all that want it, and by the next when that one is done', async () => {
    const directory = tempDirectory()
    for (let round = 0; round < 5; round++) {
      const holder = await holderOf(await Promise.all(Array.from({ length: 8 }, () => lock(directory))))
      expect((await lock(directory)).owner).toMatchObject({ pid: process.pid, address: holder.lock?.address })
      await holder.lock?.release()
    }
    const last = await lock(directory)
    expect(last.lock).not.toBeNull()
    await last.lock?.release()
  })

  test('of a process that was killed is taken by one of all that want it, over and over', async () => {
    const directory = tempDirectory()
    for (let n = 3; n < 30; n += 5) {
      // What such a process leaves: its file, and a socket that nobody listens on.
      writeFileSync(
        join(directory, `owner.${n}`),
        JSON.stringify({ pid: 999_999_999, address: deadSocket(directory, n), start: '1' }),
      )
      const holder = await holderOf(await Promise.all(Array.from({ length: 6 }, () => lock(directory))))
      await holder.lock?.release()
      expect(existsSync(join(directory, `owner.${n}`))).toBe(false)
      expect(existsSync(join(directory, `owner.${n + 1}`))).toBe(true)
    }
  })

  test('whose socket somebody removed is left to its process while that lives', async () => {
    const directory = tempDirectory()
    const owner = { pid: process.pid, address: join(directory, 'removed.sock'), start: startOfProcess(process.pid) }
    writeFileSync(join(directory, 'owner.1'), JSON.stringify(owner))
    expect((await lock(directory)).owner).toEqual(owner)
    writeFileSync(join(directory, 'owner.2'), JSON.stringify({ ...owner, pid: 999_999_999 }))
    const taken = await lock(directory)
    expect(taken.lock).not.toBeNull()
    await taken.lock?.release()
  })

  test('that was copied while it was held is another one, and the original stays whose it is', async () => {
    const directory = tempDirectory()
    const original = await lock(directory)
    const copy = join(tempDirectory(), 'copy')
    cpSync(directory, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    const copied = await holderOf(await Promise.all([lock(copy), lock(copy), lock(copy)]))
    expect(copied.lock?.address).not.toBe(original.lock?.address)
    expect((await lock(directory)).owner?.address).toBe(original.lock?.address)
    const moved = `${directory}-moved`
    renameSync(directory, moved)
    expect((await lock(moved)).lock, 'a folder that was moved is the same').toBeNull()
    renameSync(moved, directory)
    await copied.lock?.release()
    await original.lock?.release()
  })

  test('keeps no traces but the last', async () => {
    const directory = tempDirectory()
    writeFileSync(join(directory, '999999999-0123abcd.sock'), '')
    writeFileSync(join(directory, 'draft.999999999.0123abcd'), '')
    for (let round = 0; round < 3; round++) await (await lock(directory)).lock?.release()
    expect(readdirSync(directory).sort()).toEqual(['owner.3', 'released.3'])
  })

  test('of any length of path can be held', async () => {
    const directory = join(tempDirectory(), 'a'.repeat(100), 'b'.repeat(100))
    const first = await lock(directory)
    expect((await lock(directory)).owner?.address).toBe(first.lock?.address)
    await first.lock?.release()
  })
})

/** A path to which a server was bound that is gone: connecting is refused. */
function deadSocket(directory: string, n: number): string {
  const path = join(directory, `dead-${n}.sock`)
  const server = createServer()
  server.listen(path)
  server.close()
  return path
}

test('a process is known by its number and its start', () => {
  expect(processLives(process.pid, startOfProcess(process.pid))).toBe(true)
  expect(processLives(process.pid, startOfProcess(process.pid) === null ? null : 'another')).toBe(
    startOfProcess(process.pid) === null,
  )
  expect(processLives(999_999_999, null)).toBe(false)
})
