import type { Log } from '../../src/log/port.ts'
import { logDirectory } from './bench-folder.ts'

/** Where a benchmark's log and state are. */
export interface LogPlace {
  /** Of the local state, and of the embedded log. */
  readonly folder: string
  /** Of the log on Kafka; left out: the embedded log. */
  readonly brokers?: readonly string[]
}

/** Loads the backend in use alone, so that the process has the memory of no other. */
export async function openBenchLog({ folder, brokers }: LogPlace): Promise<Log> {
  if (brokers === undefined) {
    const { openEmbeddedLog } = await import('../../src/log/embedded/embedded-log.ts')
    return openEmbeddedLog({ directory: logDirectory(folder) })
  }
  const { openKafkaLog } = await import('../../src/log/kafka/kafka-log.ts')
  return openKafkaLog({ brokers })
}
