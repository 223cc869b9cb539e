import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { startPageServer } from '../page-server.ts'
import { withSession } from '../session.ts'
import { untilAborted } from '../until-aborted.ts'
import { openViewsSql } from '../views-postgres.ts'

/** `windrow serve`: the page and the API alone, until a signal. */
export async function serve(context: CliContext): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const logger = createLogger(session.config, context.stderr)
    const sql = openViewsSql(session.config, logger)
    try {
      const server = await startPageServer({ session, logger, sql, runner: null, sinks: async () => [], sources: () => [] })
      try {
        await context.stdout.write(`windrow is at ${server.url}\n`)
        await untilAborted(context.signal)
      } finally {
        await server.close()
      }
    } finally {
      await sql.close()
    }
    return 0
  })
}
