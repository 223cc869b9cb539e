import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, loadConfig } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { produce } from '../../producers/produce.ts'
import { simulatorSource } from '../../producers/simulator/simulator-source.ts'
import { postgresSink } from '../../sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { auditAll } from '../audit/audit-log.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { csvText } from '../export/row-text.ts'
import { viewRows } from '../export/view-rows.ts'
import { createLogger } from '../logger.ts'
import { startPipeline } from '../pipeline.ts'
import { copyReversed } from '../selftest/reversed-copy.ts'
import { type Session, withConfig } from '../session.ts'
import { compareSinks } from '../sinks/compare-sinks.ts'
import { styleOf } from '../style.ts'
import { openViewsSql } from '../views-postgres.ts'

/** Across a change of clocks in Europe, where days have 23 hours. */
const FROM = Date.UTC(2025, 2, 28)
const TO = Date.UTC(2025, 2, 31)

type Step = <T>(what: string, work: () => Promise<T>) => Promise<T>

/**
 * `windrow selftest`: the whole way in a temporary folder, without the network: three simulated days are published, processed, written to
 * the embedded Postgres, exported, and compared with the same readings in reverse order. 1 when something differs.
 */
export async function selftest(context: CliContext): Promise<ExitCode> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-selftest-'))
  const step = stepsOn(context)
  try {
    const [first, second] = ['in-order', 'reversed'].map((name) => testConfig(context, join(folder, name))) as [Config, Config]
    const found = await withConfig(first, (session) => inOrder(context, session, step))
    const again = await withConfig(first, (from) => withConfig(second, (to) => reversed(context, from, to, step)))
    await step('the same readings in reverse order, some twice, give the same bytes', async () => compare(found, again))
    await context.stdout.write('All is well.\n')
    return 0
  } catch (error) {
    if (!(error instanceof Difference)) throw error
    await context.stderr.write(`${error.message}\nReport this, with what \`windrow doctor\` says: it is a fault of windrow.\n`)
    return 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Something is not as it must be. */
class Difference extends Error {}

function testConfig({ environment }: CliContext, dataDir: string): Config {
  const { WINDROW_LOG_LEVEL = 'warn' } = environment
  return loadConfig({ WINDROW_DATA_DIR: dataDir, WINDROW_LOG_LEVEL }, dataDir)
}

function stepsOn({ stdout, signal }: CliContext): Step {
  const style = styleOf(stdout)
  return async (what, work) => {
    const began = performance.now()
    try {
      const result = await work()
      await stdout.write(`${style.good('ok ')} ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`)
      return result
    } catch (error) {
      // Nothing is wrong with what was stopped.
      signal.throwIfAborted()
      await stdout.write(`${style.bad('bad')} ${what}: ${messageOf(error)}\n`)
      throw error
    }
  }
}

/** The digest of every view's CSV, by its name. */
type Digests = ReadonlyMap<string, string>

async function inOrder(context: CliContext, session: Session, step: Step): Promise<Digests> {
  const logger = createLogger(session.config, context.stderr)
  await step('three simulated days are published', async () => {
    const source = simulatorSource({ from: FROM, to: TO, clock: systemClock })
    const { published } = await produce({
      log: session.log,
      kv: await session.state(),
      source,
      partitions: session.config.partitions,
      clock: systemClock,
      logger,
      signal: context.signal,
    })
    if (published === 0) throw new Difference('the simulator published nothing')
  })
  const sql = openViewsSql(session.config, logger)
  try {
    await step('topologies keep the views, in the log and in the embedded Postgres', async () => {
      const pipeline = await startPipeline({ session, logger, sinks: ['postgres'], sql, signal: context.signal })
      try {
        await pipeline.untilEnd(context.signal)
      } finally {
        await pipeline.stop()
      }
    })
    await step('Postgres has the rows of the log, and no others', () => compareWithPostgres(session, sql, context.signal))
  } finally {
    await sql.close()
  }
  await step('every reading is accounted for, counted twice', () => refuseProblems(session, context.signal))
  return step('every view can be exported', () => digestsOf(session))
}

async function reversed(context: CliContext, from: Session, to: Session, step: Step): Promise<Digests> {
  const logger = createLogger(to.config, context.stderr)
  await step('the readings are copied in reverse order', () => copyReversed(from, to))
  await step('topologies keep the views of the copy', async () => {
    const pipeline = await startPipeline({ session: to, logger, sinks: [], sql: null, signal: context.signal })
    try {
      await pipeline.untilEnd(context.signal)
    } finally {
      await pipeline.stop()
    }
  })
  await step('every reading of the copy is accounted for, counted twice', () => refuseProblems(to, context.signal))
  return digestsOf(to)
}

async function refuseProblems(session: Session, signal: AbortSignal): Promise<void> {
  const wrong = (await auditAll(session, true, signal)).flatMap(({ topic, partition, problems }) =>
    problems.map((problem) => `${topic} ${partition}: ${problem}`),
  )
  if (wrong.length > 0) throw new Difference(wrong.join('; '))
}

async function digestsOf(session: Session): Promise<Digests> {
  const digests = new Map<string, string>()
  for (const view of session.catalogue.views) {
    const topic = await session.topicOfView(view)
    if (topic === null) throw new Difference(`${view.name} was not built`)
    const hash = createHash('sha256')
    for await (const text of csvText(view, viewRows(session.log, view, topic))) hash.update(text)
    digests.set(view.name, hash.digest('hex'))
  }
  return digests
}

async function compareWithPostgres(session: Session, sql: SqlClient, signal: AbortSignal): Promise<void> {
  for (const view of session.catalogue.views) {
    if ((await session.topicOfView(view)) === null) throw new Difference(`${view.name} was not built`)
  }
  await compareSinks(session, [postgresSink({ client: sql })], signal, (_, view, { key, expected, found }) => {
    const row = (cells: readonly unknown[] | null): string => (cells === null ? 'no row' : JSON.stringify(cells))
    throw new Difference(`${view.name} ${key}: the log has ${row(expected)}, Postgres ${row(found)}`)
  })
}

function compare(found: Digests, again: Digests): void {
  const different = [...found].filter(([view, digest]) => again.get(view) !== digest).map(([view]) => view)
  if (different.length > 0) throw new Difference(`these views differ: ${different.join(', ')}`)
}
