import { afterEach, beforeEach } from 'vitest'
import type { Log, Topic } from '../../src/log/port.ts'

/** A backend under test: the same log, opened as often as asked, as other processes would. */
export interface LogUnderTest {
  open(): Promise<Log>
  /** Ends a session as kill -9 would: nothing is given up, nobody is told. Undefined where that needs a real process. */
  kill?: (log: Log) => Promise<void>
  /** Ends it as a process does that is stopped until the others gave it up; it does not know. Undefined as above. */
  freeze?: (log: Log) => Promise<void>
  dispose(): Promise<void>
}

export interface Conformance {
  /** Time for what depends on other processes (Kafka rebalances slowly). */
  readonly patienceMs: number
  /** False where the broker compacts in its own time. */
  readonly compactsAtOnce: boolean
  /** True where a transaction takes an offset of its own (a marker) in every partition that it writes to. */
  readonly marksTransactions?: boolean
}

/** The log under test, new for each test. */
export interface LogSetting extends Required<Conformance> {
  /** Of the test that runs. */
  readonly under: LogUnderTest
  readonly log: Log
  /** Another session on the same log. All are closed after the test. */
  open(): Promise<Log>
  topicOf(name: string, partitions?: number, cleanup?: 'keep' | 'compact'): Promise<Topic>
}

/** Sets the log up before each test of the `describe` that this is called in, and takes it away after. */
export function logSetting(setUp: () => Promise<LogUnderTest>, conformance: Conformance): LogSetting {
  let under: LogUnderTest
  let log: Log
  let opened: Log[]

  const open = async (): Promise<Log> => {
    const another = await under.open()
    opened.push(another)
    return another
  }
  beforeEach(async () => {
    under = await setUp()
    opened = []
    log = await open()
  })
  afterEach(async () => {
    for (const one of opened) await one.close()
    await under.dispose()
  })
  return {
    marksTransactions: false,
    ...conformance,
    get under() {
      return under
    },
    get log() {
      return log
    },
    open,
    topicOf: (name, partitions = 1, cleanup = 'keep') => log.ensureTopic({ name, partitions, cleanup }),
  }
}
