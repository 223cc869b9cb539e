import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts'
import { logConformance } from './log-conformance.ts'

logConformance(
  'memory',
  async () => {
    const first = memoryLog()
    return {
      open: async () => first.connect(),
      kill: async (log) => (log as MemoryLog).kill(),
      freeze: async (log) => (log as MemoryLog).freeze(),
      dispose: () => first.close(),
    }
  },
  { patienceMs: 2_000, compactsAtOnce: true },
)
