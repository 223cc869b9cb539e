import { withConfig } from '../../src/cli/session.ts'
import { chooseSinks } from '../../src/cli/sinks/choose-sinks.ts'
import { type ComparedView, compareSinks } from '../../src/cli/sinks/compare-sinks.ts'
import { openSinks } from '../../src/cli/sinks/open-sinks.ts'
import { openViewsSql } from '../../src/cli/views-postgres.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { quietLogger } from './quiet-logger.ts'
import type { RunWithSinksParams } from './run-with-sinks.ts'

/** Compares every view of every store that is configured with its topic. */
export async function compareAll({ folder, environment }: RunWithSinksParams): Promise<readonly ComparedView[]> {
  const config = loadConfig(environment, folder)
  const sql = openViewsSql(config, quietLogger)
  const sinks = await openSinks({ config, names: chooseSinks(config, null), sql, logger: quietLogger })
  try {
    return await withConfig(config, (session) => compareSinks(session, sinks, new AbortController().signal))
  } finally {
    await Promise.all(sinks.map((sink) => sink.close()))
    await sql.close()
  }
}
