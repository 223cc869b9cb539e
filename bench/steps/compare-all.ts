import { withConfig } from '../../src/cli/session.ts'
import { chooseSinks } from '../../src/cli/sinks/choose-sinks.ts'
import { type ComparedView, compareSinks } from '../../src/cli/sinks/compare-sinks.ts'
import { withSinks } from '../../src/cli/sinks/with-sinks.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { quietLogger } from './quiet-logger.ts'
import type { RunWithSinksParams } from './run-with-sinks.ts'

/** Compares every view of every store that is configured with its topic. */
export async function compareAll({ folder, environment }: RunWithSinksParams): Promise<readonly ComparedView[]> {
  const config = loadConfig(environment, folder)
  const names = chooseSinks(config, null)
  return withConfig(config, (session) =>
    withSinks({ config, names, logger: quietLogger }, (sinks) => compareSinks(session, sinks, new AbortController().signal)),
  )
}
