/** What users test their topologies and sources with; windrow's own tests use nothing else. */
export { CRASH_POINTS, type CrashingLog, type CrashPlan, type CrashPoint, crashingLog, isCrash } from './crashing-log.ts'
export { type ManualClock, manualClock } from './manual-clock.ts'
export { type MemoryDisk, memoryDisk, memoryKv } from './memory-kv.ts'
export { type MemoryLog, memoryLog } from './memory-log.ts'
export { type DrivenRow, type NamedRow, type TopologyDriver, topologyDriver } from './topology-driver.ts'
