import type { Config } from '../../config/load-config.ts'
import type { Logger } from '../../core/logger.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { StoreName } from '../../views/view.ts'
import { openViewsSql } from '../views-postgres.ts'
import { openSinks } from './open-sinks.ts'

export interface WithSinksOptions {
  readonly config: Config
  readonly names: readonly StoreName[]
  readonly logger: Logger
}

/** Opens the sinks of these names, as configured, for `use` to look at their stores; closes them when it is done, however it ends. */
export async function withSinks<T>(
  { config, names, logger }: WithSinksOptions,
  use: (sinks: readonly Sink[]) => Promise<T>,
): Promise<T> {
  const sql = openViewsSql(config, logger)
  try {
    const sinks = await openSinks({ config, names, sql, logger })
    try {
      return await use(sinks)
    } finally {
      await Promise.all(sinks.map((sink) => sink.close()))
    }
  } finally {
    await sql.close()
  }
}
