import type { Config } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import { isWindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { TopicRetention } from '../../log/kafka/kafka-topics.ts'
import { loadCatalogue } from '../catalogue.ts'
import { packageVersion } from '../package-version.ts'
import { mayHaveLog, type Session, withConfig } from '../session.ts'
import { chooseSinks } from '../sinks/choose-sinks.ts'
import { withSinks } from '../sinks/with-sinks.ts'
import { configuredSources, configuredStations } from '../stations/configured-stations.ts'
import { kindsOf } from '../stations/open-sources.ts'
import { refuseMixing } from '../stations/refuse-mixing.ts'
import { checkLake } from './check-lake.ts'
import { checkLog } from './check-log.ts'
import { checkMachine } from './check-machine.ts'
import { checkPostgres, type TopicIds } from './check-postgres.ts'
import { checkSinks } from './check-sinks.ts'
import { bytesText, type Finding, failure, note, spanText, warning } from './finding.ts'

/**
 * Looks at all there is. The log is opened once for everything that needs it, as brokers that are away are waited for each time; what keeps
 * it from being opened is said once, and what needs no log is looked at all the same. `lookAtSources`: `examineSources`.
 */
export async function examine(
  config: Config,
  logger: Logger,
  lookAtSources: (() => Promise<readonly Finding[]>) | null = null,
): Promise<Finding[]> {
  const findings = checkMachine(config, packageVersion())
  const look: Look = async (about, at) => {
    try {
      findings.push(...(await at()))
    } catch (error) {
      findings.push(failure(about, error))
    }
  }
  const lookAtStores = async (session: Session | null, topicIds: TopicIds): Promise<void> => {
    await look('postgres', () => checkPostgres(config, logger, topicIds))
    await look('sinks', () => examineSinks(config, logger, session))
    await look('lake', async () => (config.lakeUrl === null ? [] : checkLake(config, session)))
  }

  if (lookAtSources !== null) await look('sources', lookAtSources)
  let isLoaded = false
  await look('modules', async () => {
    await loadCatalogue(config)
    isLoaded = true
    return []
  })
  if (!mayHaveLog(config)) {
    findings.push(note('log', 'not there yet: nothing was ever published or run'))
    await lookAtStores(null, async () => new Set())
    return findings
  }
  let isOpened = false
  if (isLoaded) {
    const retentions: TopicRetention[] = []
    const withLog = async (session: Session): Promise<Finding[]> => {
      isOpened = true
      await look('log', () => checkLog(session, systemClock.now()))
      findings.push(...retentions.map(retentionFinding))
      await look('sources', () => examineMixing(session))
      await lookAtStores(session, async () => new Set((await session.log.topics()).map(({ id }) => id)))
      return []
    }
    await look('log', () => withConfig(config, withLog, (retention) => retentions.push(retention)))
  }
  if (!isOpened) await lookAtStores(null, async () => null)
  return findings
}

/** What keeps the configured sources out of this log: made-up readings, or those of another API. */
async function examineMixing(session: Session): Promise<Finding[]> {
  const { config } = session
  const kinds = kindsOf(config)
  const stations = unlessRefused(() => configuredSources(config, kinds)).flatMap((source) =>
    unlessRefused(() => configuredStations(config, kinds, { sources: [source] })),
  )
  if (stations.length > 0) await refuseMixing(session, stations)
  return []
}

/** None where the settings are wrong: that was found when the sources were to be asked. */
function unlessRefused<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch (error) {
    if (isWindrowError(error)) return []
    throw error
  }
}

/** Adds what is found, or why it cannot be looked at. */
type Look = (about: string, at: () => Promise<readonly Finding[]>) => Promise<void>

function retentionFinding({ topic, retentionMs, retentionBytes }: TopicRetention): Finding {
  const limits = [
    ...(retentionMs < 0 ? [] : [`after ${spanText(retentionMs)}`]),
    ...(retentionBytes < 0 ? [] : [`beyond ${bytesText(retentionBytes)} a partition`]),
  ]
  const remedy = 'Set retention.ms and retention.bytes of the topic to -1: what is gone cannot be in a view that is built anew.'
  return warning(topic, `the broker deletes what it holds ${limits.join(' and ')}`, remedy)
}

/** Without a log no store can be behind it; that the settings are right can be seen all the same. Embedded Postgres is looked at above. */
async function examineSinks(config: Config, logger: Logger, session: Session | null): Promise<Finding[]> {
  const names = chooseSinks(config, null).filter((name) => name !== 'postgres' || config.postgresUrl !== null)
  return withSinks({ config, names, logger }, async (sinks) => (session === null ? [] : checkSinks(session, sinks)))
}
