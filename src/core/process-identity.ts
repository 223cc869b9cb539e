import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { hostname } from 'node:os'

/** Tells one process from every other that has the same pid: in another container, before a restart, or later. */
export interface ProcessIdentity {
  readonly pid: number
  /** When the process started, in the system's own unit; null where the system does not tell. */
  readonly started: string | null
  /** Changes when the machine restarts; the host's name where the system does not tell. */
  readonly boot: string
  /** Pids mean the same in processes of one space only. */
  readonly pidSpace: string
  /** What this is told of, as `folderIdentity` says; absent where it is in no folder. */
  readonly folder?: string
}

/** `gone` is certain; `running` too, unless `started` is null on either side; `unknown`: only its heartbeat tells. */
export type ProcessState = 'running' | 'stopped' | 'gone' | 'unknown'

const here = { boot: readBoot(), pidSpace: readPidSpace() }

export function thisProcess(folder?: string): ProcessIdentity {
  const started = statOf(process.pid)?.started ?? null
  return { pid: process.pid, started, ...here, ...(folder === undefined ? {} : { folder }) }
}

/** `folder`: where the identity was found. One of another folder came with a copy: its process may live, but is not at work here. */
export function stateOf(identity: ProcessIdentity, folder?: string): ProcessState {
  const state = ownState(identity)
  return state !== 'gone' && isCopied(identity, folder) ? 'unknown' : state
}

function ownState(identity: ProcessIdentity): ProcessState {
  // A store is shared by the processes of one machine; another boot means that they all ended with it.
  if (identity.boot !== here.boot) return process.platform === 'linux' ? 'gone' : 'unknown'
  if (identity.pidSpace !== here.pidSpace) return 'unknown'
  if (identity.started === null) return pidExists(identity.pid) ? 'unknown' : 'gone'
  const stat = statOf(identity.pid)
  if (stat === null || stat.started !== identity.started || stat.state === 'Z' || stat.state === 'X') return 'gone'
  return stat.state === 'T' || stat.state === 't' ? 'stopped' : 'running'
}

/** True where the identity was made in another folder than the one that it was found in. */
export function isCopied(identity: ProcessIdentity, folder: string | undefined): boolean {
  return identity.folder !== undefined && folder !== undefined && identity.folder !== folder
}

/**
 * Tells a folder from copies of it. Not the device: one folder may have several, in containers and after a restart. So two folders may have
 * the same, and be taken for one; who goes by it has to do well with that, and not to take one folder for two.
 */
export function folderIdentity(path: string): string {
  return String(statSync(path, { bigint: true }).ino)
}

/** Linux only, null elsewhere and for a pid that does not exist. */
export function statOf(pid: number): { state: string; started: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold anything; the fields after it are plain.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] as string, started: fields[19] as string }
  } catch {
    return null
  }
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return hostname()
  }
}

function readPidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return process.platform
  }
}
