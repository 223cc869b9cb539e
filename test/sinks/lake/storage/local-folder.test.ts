import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { localFolder } from '../../../../src/sinks/lake/storage/local-folder.ts'
import type { StoredFile } from '../../../../src/sinks/lake/storage/storage.ts'
import { makeTempDirectory, removeDirectory, tempDirectory } from '../../temp-directory.ts'

/** In memory, where Linux has it: another file system than that of temporary files, as a rule. */
const MEMORY = '/dev/shm'
const bytes = new TextEncoder().encode('content')

test.runIf(hasOtherFileSystem())(
  'a lake whose folder leads to another file system is refused, and not tried for ever',
  async () => {
    const folder = tempDirectory()
    const other = mkdtempSync(join(MEMORY, 'wr-'))
    onTestFinished(() => rmSync(other, { recursive: true }))
    symlinkSync(other, join(folder, 'bronze'))
    const storage = localFolder(folder)
    const written = storage.write('bronze/a', bytes, 'none')
    await expect(written).rejects.toMatchObject({
      code: 'WR_LAKE_DENIED',
      message: expect.stringContaining('another file system'),
    })
    expect(await storage.read('bronze/a')).toBeNull()
  },
)

test('a lake of which a folder stands elsewhere on the same file system is read and written as any other', async () => {
  const folder = tempDirectory()
  const elsewhere = tempDirectory()
  mkdirSync(join(folder, 'bronze'))
  symlinkSync(elsewhere, join(folder, 'bronze', 'day=2025-01-31'))
  const storage = localFolder(folder)
  const tag = await storage.write('bronze/day=2025-01-31/a', bytes, 'none')
  const found: StoredFile[] = []
  for await (const file of storage.list('bronze/')) found.push(file)
  expect(found).toEqual([{ name: 'bronze/day=2025-01-31/a', bytes: bytes.byteLength, tag }])
})

function hasOtherFileSystem(): boolean {
  const folder = makeTempDirectory()
  try {
    return existsSync(MEMORY) && statSync(MEMORY).dev !== statSync(folder).dev
  } finally {
    removeDirectory(folder)
  }
}
