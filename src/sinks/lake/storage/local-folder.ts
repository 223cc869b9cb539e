import { randomBytes } from 'node:crypto'
import type { BigIntStats, Dirent } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { isWindrowError, WindrowError } from '../../../core/errors.ts'
import { makeDirectory } from '../../../core/make-directory.ts'
import { processLives } from '../../postgres/process-identity.ts'
import { away, changed, denied } from '../lake-errors.ts'
import { checkFileName, OWN_FOLDER } from './file-name.ts'
import { FolderLock } from './folder-lock.ts'
import type { Expected, FileTag, LakeStorage, StoredFile } from './storage.ts'

/** A lake in a folder of this machine, which is made when the first file is written. */
export function localFolder(path: string): LakeStorage {
  return new LocalFolder(resolve(path))
}

class LocalFolder implements LakeStorage {
  private readonly root: string
  private readonly drafts: string
  private readonly lock: FolderLock
  private cleared: Promise<void> | null = null

  constructor(root: string) {
    this.root = root
    this.drafts = join(root, OWN_FOLDER, 'drafts')
    this.lock = new FolderLock(join(root, OWN_FOLDER, 'lock'))
  }

  async *list(prefix: string): AsyncGenerator<StoredFile> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    yield* this.walk(folder, prefix)
  }

  read(name: string): Promise<{ readonly bytes: Uint8Array; readonly tag: FileTag } | null> {
    checkFileName(name)
    return this.guarded(`read ${name}`, () =>
      unlessMissing(async () => {
        const file = await open(this.pathOf(name))
        try {
          const tag = tagOf(await file.stat({ bigint: true }))
          return { bytes: await file.readFile(), tag }
        } finally {
          await file.close()
        }
      }),
    )
  }

  fetch(name: string, path: string): Promise<FileTag | null> {
    checkFileName(name)
    return this.guarded(`read ${name}`, () =>
      unlessMissing(async () => {
        await rm(path, { force: true })
        // A file is never changed, only replaced: a second name keeps what it is now, and costs no copy.
        if (!(await linked(this.pathOf(name), path))) return this.copyOut(name, path)
        return tagOf(await stat(path, { bigint: true }))
      }),
    )
  }

  write(name: string, bytes: Uint8Array, expected: Expected): Promise<FileTag> {
    return this.put(name, expected, async (draft) => {
      const file = await open(draft, 'wx')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
    })
  }

  store(path: string, name: string, expected: Expected): Promise<FileTag> {
    return this.put(name, expected, async (draft) => {
      if (!(await moved(path, draft))) await copyFile(path, draft)
      await flush(draft, 'r+')
    })
  }

  remove(names: readonly string[]): Promise<void> {
    for (const name of names) checkFileName(name)
    if (names.length === 0) return Promise.resolve()
    return this.guarded('remove files', () =>
      this.lock.run(async () => {
        for (const name of names) await rm(this.pathOf(name), { force: true })
        const folders = new Set(names.map((name) => dirname(this.pathOf(name))))
        for (const folder of folders) await removeIfEmpty(folder)
      }),
    )
  }

  describe(): string {
    return this.root
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  private pathOf(name: string): string {
    return join(this.root, ...name.split('/'))
  }

  private async put(name: string, expected: Expected, fill: (draft: string) => Promise<void>): Promise<FileTag> {
    checkFileName(name)
    return this.guarded(`write ${name}`, async () => {
      makeDirectory(this.drafts)
      this.cleared ??= clearDrafts(this.drafts)
      await this.cleared
      const draft = join(this.drafts, `${process.pid}-${randomBytes(6).toString('hex')}`)
      try {
        await fill(draft)
        return await this.lock.run(() => this.appear(draft, name, expected))
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    })
  }

  private async appear(draft: string, name: string, expected: Expected): Promise<FileTag> {
    const path = this.pathOf(name)
    if (expected !== 'any') {
      const found = await unlessMissing(async () => tagOf(await stat(path, { bigint: true })))
      if (found !== (expected === 'none' ? null : expected.tag)) throw changed(name, this.root)
    }
    const made = await mkdir(dirname(path), { recursive: true })
    const tag = tagOf(await stat(draft, { bigint: true }))
    await rename(draft, path)
    // Whoever is told that it is there must find it after a power cut too.
    await flushFolders(dirname(path), made === undefined ? dirname(path) : dirname(made))
    return tag
  }

  private async copyOut(name: string, path: string): Promise<FileTag> {
    for (;;) {
      const before = tagOf(await stat(this.pathOf(name), { bigint: true }))
      await copyFile(this.pathOf(name), path)
      if (tagOf(await stat(this.pathOf(name), { bigint: true })) === before) return before
    }
  }

  private async *walk(folder: string, prefix: string): AsyncGenerator<StoredFile> {
    const entries = await this.guarded('list files', () =>
      unlessMissing(() => readdir(join(this.root, folder), { withFileTypes: true })),
    )
    const named = async (entry: Dirent): Promise<string> => {
      const name = `${folder}${entry.name}`
      return (await this.isFolder(entry, name)) ? `${name}/` : name
    }
    const names = await Promise.all((entries ?? []).map(named))
    for (const name of names.sort(byBytes)) {
      if (!name.startsWith(prefix) && !prefix.startsWith(name)) continue
      if (name === `${OWN_FOLDER}/`) continue
      if (name.endsWith('/')) yield* this.walk(name, prefix)
      else {
        const found = await unlessMissing(() => stat(this.pathOf(name), { bigint: true }))
        if (found !== null) yield { name, bytes: Number(found.size), tag: tagOf(found) }
      }
    }
  }

  /** A day may have been moved to where there is more room, with a link in its place. */
  private async isFolder(entry: Dirent, name: string): Promise<boolean> {
    if (!entry.isSymbolicLink()) return entry.isDirectory()
    const found = await this.guarded('list files', () => unlessMissing(() => stat(this.pathOf(name))))
    return found?.isDirectory() ?? false
  }

  private async guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (isWindrowError(error)) throw error
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') throw denied(what, this.root, error)
      if (code === 'EXDEV') throw otherFileSystem(this.root, error)
      if (code === 'ENOTDIR' || code === 'EISDIR') throw notAFolder(this.root, error)
      throw away(what, this.root, error)
    }
  }
}

/** Every file that is put in place is another, so that its number and time tell it from all that had the name before. */
function tagOf(file: BigIntStats): FileTag {
  return `${file.ino}-${file.size}-${file.mtimeNs}`
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

async function unlessMissing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** False where it takes a copy. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    return false
  }
}

/** False where it takes a copy. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false
    throw error
  }
}

async function flush(path: string, flags: string): Promise<void> {
  const file = await open(path, flags)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** From a folder up to one above it. */
async function flushFolders(from: string, to: string): Promise<void> {
  // Windows opens no folder as a file, and needs no flush of it.
  if (process.platform === 'win32') return
  for (let folder = from; ; folder = dirname(folder)) {
    await flush(folder, 'r')
    if (folder === to || folder === dirname(folder) || !folder.startsWith(to + sep)) return
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  const entries = await unlessMissing(() => readdir(folder))
  if (entries?.length === 0) await rm(folder, { recursive: true, force: true })
}

/** What processes that are no more were writing. */
async function clearDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(name.split('-')[0])
    if (!processLives(pid, null)) await rm(join(folder, name), { force: true })
  }
}

function otherFileSystem(root: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_DENIED', {
    message: `A folder in ${root} leads to another file system, where no file can be put in place of another in one step`,
    remedy: 'Put the whole lake on one file system: move it there, and give LAKE_URL the folder itself.',
    facts: { where: root },
    cause,
    kind: 'usage',
  })
}

function notAFolder(root: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_DENIED', {
    message: `${root} cannot hold a lake: a file is in place of a folder`,
    remedy: 'Give the lake a folder of its own.',
    facts: { where: root },
    cause,
    kind: 'usage',
  })
}
