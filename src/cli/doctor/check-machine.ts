import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/load-config.ts'
import { messageOf } from '../../core/errors.ts'
import { writeLockHolder } from '../../kv/open-gate.ts'
import { bytesText, type Finding, note, problem, warning } from './finding.ts'

const MEBIBYTE = 1024 * 1024
/** A commit of the largest size, the growth of LMDB's file, and Postgres' log need about so much at once. */
const LITTLE_ROOM = 200 * MEBIBYTE
const SOME_ROOM = 2048 * MEBIBYTE

/** The program, the settings, the data folder and its disk. */
export function checkMachine(config: Config, version: string): Finding[] {
  const findings: Finding[] = [
    note('windrow', `${version} on Node.js ${process.versions.node}, ${process.platform} ${process.arch}`),
  ]
  findings.push(
    ...config.notices.map((notice) => warning('settings', notice, 'docs/configuration.md tells what each setting does.')),
  )
  if (config.notices.length === 0) findings.push(note('settings', 'all can be used'))
  const folder = nearestFolder(config.dataDir)
  findings.push(...checkFolder(config.dataDir, folder))
  for (const name of ['log', 'state']) findings.push(...checkWriteLock(join(config.dataDir, name)))
  return findings
}

/** The folder itself, or the nearest one above that exists. */
function nearestFolder(path: string): string {
  let folder = path
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

function checkFolder(dataDir: string, folder: string): Finding[] {
  const findings: Finding[] = []
  try {
    accessSync(folder, constants.W_OK)
    const used = folder === dataDir ? `, ${bytesText(sizeOf(folder))}` : ', not there yet'
    findings.push(note('data folder', `${dataDir}${used}`))
  } catch (error) {
    findings.push(
      problem(
        'data folder',
        `${folder} cannot be written to: ${messageOf(error)}`,
        'Let this user write to it, or set WINDROW_DATA_DIR.',
      ),
    )
  }
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${bytesText(free)} free`
  const remedy = 'Make room: with a full disk everything waits, and goes on when there is room.'
  if (free < LITTLE_ROOM) findings.push(problem('disk', text, remedy))
  else if (free < SOME_ROOM) findings.push(warning('disk', text, remedy))
  else findings.push(note('disk', text))
  return findings
}

/** Of all files under the folder, as the disk counts them: LMDB's files have holes. */
function sizeOf(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const stat = statSync(join(entry.parentPath ?? entry.path, entry.name), { throwIfNoEntry: false })
    bytes += stat === undefined ? 0 : Math.min(stat.size, stat.blocks * 512)
  }
  return bytes
}

function checkWriteLock(path: string): Finding[] {
  const holder = existsSync(path) ? writeLockHolder(path) : null
  if (holder === null) return []
  if (!holder.stopped)
    return [note('write lock', `${path}: held by process ${holder.pid} at this moment, which is as it should be`)]
  return [
    problem(
      'write lock',
      `${path}: held by process ${holder.pid}, which is stopped; every other writer waits for it`,
      `Continue it (kill -CONT ${holder.pid}) or end it (kill -KILL ${holder.pid}).`,
    ),
  ]
}
