import { existsSync, readFileSync } from 'node:fs'

/** What this process used between two moments. */
export interface Usage {
  readonly seconds: number
  /** Of all threads, in user and kernel mode. */
  readonly cpuSeconds: number
  /** Bytes that went to the storage layer, null where the system does not say (it counts on Linux alone). */
  readonly writtenBytes: number | null
}

export interface MemoryUse {
  readonly rssBytes: number
  /** The most it was since the process began. */
  readonly peakRssBytes: number
  /** RSS without pages of files (of the log, for instance), which the system takes back when it needs them; null where it does not say. */
  readonly privateBytes: number | null
}

/** Measures from now on: the function it returns says what was used up to its call, and may be called again. */
export function startMeter(): () => Usage {
  const began = performance.now()
  const cpu = process.cpuUsage()
  const written = writtenBytes()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    const now = writtenBytes()
    return {
      seconds: (performance.now() - began) / 1000,
      cpuSeconds: (user + system) / 1e6,
      writtenBytes: now === null || written === null ? null : now - written,
    }
  }
}

/** CPU time of all threads of this process since it began, with Node's own start. */
export function cpuSecondsSoFar(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

export function memoryUse(): MemoryUse {
  const status = procFile('status')
  const kilobytes = (name: string): number | null => {
    const found = status === null ? null : new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)
    return found === null ? null : Number(found[1]) * 1024
  }
  const peak = kilobytes('VmHWM')
  return {
    rssBytes: process.memoryUsage.rss(),
    // What getrusage says of a process begins with the size of the one that started it, so the kernel's own mark is better.
    peakRssBytes: peak ?? process.resourceUsage().maxRSS * 1024,
    privateBytes: kilobytes('RssAnon'),
  }
}

function writtenBytes(): number | null {
  const io = procFile('io')
  const found = io === null ? null : /^write_bytes: (\d+)$/m.exec(io)
  return found === null ? null : Number(found[1])
}

function procFile(name: string): string | null {
  const path = `/proc/self/${name}`
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}
