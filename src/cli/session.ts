import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, loadConfig } from '../config/load-config.ts'
import { openLmdbStore } from '../kv/lmdb-store.ts'
import type { KeyValueStore } from '../kv/port.ts'
import { openEmbeddedLog } from '../log/embedded/embedded-log.ts'
import type { KafkaInspection } from '../log/kafka/kafka-inspection.ts'
import type { TopicRetention } from '../log/kafka/kafka-topics.ts'
import type { Log, Topic } from '../log/port.ts'
import type { View } from '../views/view.ts'
import { type Catalogue, loadCatalogue } from './catalogue.ts'
import type { CliContext, ExitCode } from './context.ts'
import { currentTopic } from './current-topic.ts'
import { makeDataFolder } from './make-folder.ts'
import { openConfiguredKafka } from './open-kafka.ts'

/** What a command works with. */
export interface Session {
  readonly config: Config
  readonly catalogue: Catalogue
  readonly log: Log
  /** The store that the embedded log is in, null on Kafka. */
  readonly logStore: KeyValueStore | null
  /** What the brokers tell besides the log, null without Kafka. */
  readonly kafka: KafkaInspection | null
  /** The topic of the view's current generation, null while there is none. */
  topicOfView(view: View): Promise<Topic | null>
  /** The store of local state: caches of the log, which the next start fills again where they are missing. Opened when first asked for. */
  state(): Promise<KeyValueStore>
}

/** Reads the configuration, loads the catalogue, opens the log, and closes it when `use` is done, however it ends. */
export async function withSession(context: CliContext, use: (session: Session) => Promise<ExitCode>): Promise<ExitCode> {
  return withConfig(loadConfig(context.environment, context.folder), use)
}

/** True where a log may have been written to: nothing is asked of a broker. */
export function mayHaveLog(config: Config): boolean {
  return config.kafkaBrokers.length > 0 || existsSync(join(config.dataDir, 'log'))
}

/** The same with a configuration that is there already. `onRetention` is told of topics on Kafka that lose readings in time. */
export async function withConfig<T>(
  config: Config,
  use: (session: Session) => Promise<T>,
  onRetention?: (retention: TopicRetention) => void,
): Promise<T> {
  const catalogue = await loadCatalogue(config)
  makeDataFolder(config.dataDir)
  const { log, logStore, kafka } = await openLog(config, onRetention)
  let opening: Promise<KeyValueStore> | null = null
  const state = (): Promise<KeyValueStore> => {
    opening ??= openLmdbStore({ path: join(config.dataDir, 'state') })
    return opening
  }
  try {
    return await use({ config, catalogue, log, logStore, kafka, topicOfView: (view) => currentTopic(log, view), state })
  } finally {
    await log.close()
    await logStore?.close()
    if (opening !== null) await closeIfOpen(opening)
  }
}

type OpenLog = Pick<Session, 'log' | 'logStore' | 'kafka'>

async function openLog(config: Config, onRetention?: (retention: TopicRetention) => void): Promise<OpenLog> {
  if (config.kafkaBrokers.length > 0) {
    const log = await openConfiguredKafka(config, onRetention)
    return { log, logStore: null, kafka: log.inspection }
  }
  const logStore = await openLmdbStore({ path: join(config.dataDir, 'log') })
  return { log: await openEmbeddedLog({ kv: logStore }), logStore, kafka: null }
}

async function closeIfOpen(opening: Promise<KeyValueStore>): Promise<void> {
  const store = await opening.catch(() => null)
  await store?.close()
}
