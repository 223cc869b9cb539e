import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { memoryDisk, memoryKv } from '../../src/testing/memory-kv.ts'
import { logConformance } from './log-conformance.ts'

logConformance(
  'embedded, on LMDB',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'windrow-log-'))
    return {
      open: () => openEmbeddedLog({ directory }),
      dispose: async () => rmSync(directory, { recursive: true }),
    }
  },
  { patienceMs: 10_000, compactsAtOnce: true },
)

logConformance(
  'embedded, on a store in memory',
  async () => {
    const disk = memoryDisk()
    return {
      open: () => openEmbeddedLog({ kv: memoryKv(disk) }),
      dispose: async () => undefined,
    }
  },
  { patienceMs: 10_000, compactsAtOnce: true },
)
