import { describe } from 'vitest'
import { logClosing } from './log-closing.ts'
import { logGroups } from './log-groups.ts'
import { logReaders } from './log-readers.ts'
import { logRecords } from './log-records.ts'
import { logRegistry } from './log-registry.ts'
import { type Conformance, type LogUnderTest, logSetting } from './log-setting.ts'
import { logTopics } from './log-topics.ts'

/** The behaviour that every backend of the log has. Call it at the top of a test file. */
export function logConformance(backend: string, setUp: () => Promise<LogUnderTest>, conformance: Conformance): void {
  describe(`${backend}: the log`, () => {
    const setting = logSetting(setUp, conformance)
    logTopics(setting)
    logRecords(setting)
    logReaders(setting)
    logGroups(setting)
    logRegistry(setting)
    logClosing(setting)
  })
}
