import { join } from 'node:path'
import { type Config, loadConfig } from '../config/load-config.ts'
import { openEmbeddedLog } from '../log/embedded/embedded-log.ts'
import type { Log, Topic } from '../log/port.ts'
import type { View } from '../views/view.ts'
import { type Catalogue, loadCatalogue } from './catalogue.ts'
import type { CliContext, ExitCode } from './context.ts'
import { currentTopic } from './current-topic.ts'

/** What a command works with. */
export interface Session {
  readonly config: Config
  readonly catalogue: Catalogue
  readonly log: Log
  /** The topic of the view's current generation, null while there is none. */
  topicOfView(view: View): Promise<Topic | null>
}

/** Reads the configuration, loads the catalogue, opens the log, and closes it when `use` is done, however it ends. */
export async function withSession(context: CliContext, use: (session: Session) => Promise<ExitCode>): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const catalogue = await loadCatalogue(config)
  const log = await openEmbeddedLog({ directory: join(config.dataDir, 'log') })
  try {
    return await use({ config, catalogue, log, topicOfView: (view) => currentTopic(log, view) })
  } finally {
    await log.close()
  }
}
