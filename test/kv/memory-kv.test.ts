import { memoryDisk, memoryKv } from '../../src/testing/memory-kv.ts'
import { keyValueConformance } from './key-value-conformance.ts'

keyValueConformance('in memory', async () => {
  const disk = memoryDisk()
  return { open: async () => memoryKv(disk), dispose: async () => undefined }
})
