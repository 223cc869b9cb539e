import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { damaged, fileFault } from './backup-errors.ts'
import { type BackupManifest, manifestPath, manifestText, parseManifest } from './backup-manifest.ts'

const PARTIAL = '.partial'
/** Of a process that was killed; no backup takes so long. */
const LEFT_OVER_MS = 24 * 3_600_000

/** `windrow-weather-20261123T130000Z.dump`: their order is that of time. */
export function backupName(database: string, at: Date): string {
  const time = at.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')
  return `windrow-${fileWord(database)}-${time}.dump`
}

const fileWord = (text: string): string => text.replaceAll(/[^A-Za-z0-9._]/g, '_')

/**
 * Makes both files of a backup, or none: `dump` writes to a path of another name, and both get theirs once they are whole and on the disk, the
 * manifest last. Readable to the owner alone: whatever was in the database is in them. Rejects with WR_BACKUP_FILE.
 */
export async function writeBackup(
  path: string,
  dump: (partial: string) => Promise<Omit<BackupManifest, 'dump'>>,
): Promise<BackupManifest> {
  const partial = `${path}.${process.pid}${PARTIAL}`
  const partialManifest = `${manifestPath(path)}.${process.pid}${PARTIAL}`
  try {
    await onFile(path, async () => (await open(partial, 'wx', 0o600)).close())
    const found = await dump(partial)
    return await onFile(path, async () => {
      await flush(partial)
      const manifest = { ...found, dump: { file: basename(path), ...(await fingerprint(partial)) } }
      const file = await open(partialManifest, 'wx', 0o600)
      try {
        await file.writeFile(manifestText(manifest))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(partial, path)
      await rename(partialManifest, manifestPath(path))
      await flushFolder(dirname(path))
      return manifest
    })
  } catch (error) {
    for (const each of [partial, partialManifest]) await rm(each, { force: true })
    throw error
  }
}

async function onFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFault(path, error)
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The names are on the disk too. Windows opens no folder as a file, and needs none of this. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function fingerprint(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The manifest of a dump, which is what it was when it was made. Rejects with WR_BACKUP_DAMAGED. */
export async function checkBackup(path: string): Promise<BackupManifest> {
  const beside = manifestPath(path)
  const manifest = parseManifest(beside, await readable(beside, () => readFile(beside, 'utf8')))
  const { bytes, sha256 } = manifest.dump
  const { size } = await readable(path, () => stat(path))
  if (size !== bytes) throw damaged(path, `it has ${size} bytes, and had ${bytes}`)
  const found = await readable(path, () => fingerprint(path))
  if (found.sha256 !== sha256) throw damaged(path, 'its SHA-256 is not that of the manifest')
  return manifest
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw damaged(path, isMissing ? 'there is no such file' : (error as Error).message, error)
  }
}

/**
 * Removes all but the newest `keep` backups of a database that were given their names here, and what processes that were killed have left.
 * Gives the removed dumps, oldest first.
 */
export async function removeOldBackups(folder: string, database: string, keep: number, now: Date): Promise<string[]> {
  const prefix = `windrow-${fileWord(database)}-`
  const ours = (await readdir(folder)).filter((name) => name.startsWith(prefix))
  const isDump = (name: string): boolean => /^\d{8}T\d{6}Z\.dump$/.test(name.slice(prefix.length))
  const old = ours
    .filter((name) => isDump(name) && ours.includes(manifestPath(name)))
    .sort()
    .slice(0, -keep)
  for (const name of old) {
    // Without its manifest a dump is no backup: first that, then the rest.
    await rm(join(folder, manifestPath(name)), { force: true })
    await rm(join(folder, name), { force: true })
  }
  for (const name of ours.filter((each) => each.endsWith(PARTIAL))) {
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: now.getTime() }))
    if (now.getTime() - mtimeMs > LEFT_OVER_MS) await rm(join(folder, name), { force: true })
  }
  return old
}
