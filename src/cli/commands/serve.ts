import { systemClock } from '../../core/clock.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { lakeHealthOf } from '../lake/stored-lake-health.ts'
import { createLogger } from '../logger.ts'
import { startPageServer } from '../page-server.ts'
import { withSession } from '../session.ts'
import { chooseSinks, choosesLake } from '../sinks/choose-sinks.ts'
import { openSinks } from '../sinks/open-sinks.ts'
import { storesHealth } from '../sinks/stores-health.ts'
import { untilAborted } from '../until-aborted.ts'
import { openViewsSql } from '../views-postgres.ts'

/** `windrow serve`: the page and the API alone, until a signal. */
export async function serve(context: CliContext): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const logger = createLogger(session.config, context.stderr)
    const sql = openViewsSql(session.config, logger)
    const stores = await openSinks({ config: session.config, names: chooseSinks(session.config, null), sql, logger })
    try {
      const ofStores = storesHealth(session, stores, systemClock)
      const ofLake = choosesLake(session.config, null) ? lakeHealthOf(session, systemClock) : async () => []
      const sinks = async () => [...(await ofStores()), ...(await ofLake())]
      const server = await startPageServer({ role: 'serve', session, logger, sql, runner: null, sinks, sources: () => [] })
      try {
        await context.stdout.write(`windrow is at ${server.url}\n`)
        await untilAborted(context.signal)
      } finally {
        await server.close()
      }
    } finally {
      await Promise.all(stores.map((store) => store.close()))
      await sql.close()
    }
    return 0
  })
}
