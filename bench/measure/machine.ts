import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

/** What figures have to be read with. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly node: string
  readonly platform: string
  /** Processes that wanted a core in the last minute; null on Windows, which does not count them. */
  readonly load: number | null
}

export function describeMachine(): Machine {
  const cores = cpus()
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryBytes: totalmem(),
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    load: platform() === 'win32' ? null : (loadavg()[0] as number),
  }
}
