import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, loadConfig } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import type { TopicRetention } from '../../log/kafka/kafka-topics.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { storedTopics } from '../../sinks/postgres/stored-views.ts'
import { loadCatalogue } from '../catalogue.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { checkLog } from '../doctor/check-log.ts'
import { checkMachine } from '../doctor/check-machine.ts'
import { checkSinkReports, checkSinks } from '../doctor/check-sinks.ts'
import { bytesText, type Finding, failure, note, type Severity, spanText, warning } from '../doctor/finding.ts'
import { createLogger } from '../logger.ts'
import { packageVersion } from '../package-version.ts'
import { mayHaveLog, withConfig } from '../session.ts'
import { chooseSinks } from '../sinks/choose-sinks.ts'
import { withSinks } from '../sinks/with-sinks.ts'
import { type Style, styleOf } from '../style.ts'
import { renderTable } from '../table.ts'
import { openViewsSql } from '../views-postgres.ts'

/** `windrow doctor`: looks at everything that can keep windrow from working, changes nothing. 1 when something needs a person. */
export async function doctor(context: CliContext, options: { readonly json?: boolean }): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const findings = checkMachine(config, packageVersion())
  const catalogue = await collect(findings, 'modules', () => loadCatalogue(config))
  if (!mayHaveLog(config)) findings.push(note('log', 'not there yet: nothing was ever published or run'))
  else if (catalogue !== null) await collect(findings, 'log', async () => void findings.push(...(await examineLog(config))))
  await collect(findings, 'postgres', async () => void findings.push(...(await examinePostgres(config, context))))
  if (catalogue !== null)
    await collect(findings, 'sinks', async () => void findings.push(...(await examineSinks(config, context))))
  const shown = findings.map((finding) => ({ ...finding, text: config.redact(finding.text) }))
  if (options.json === true) await context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
  else await print(context, shown)
  return findings.some(({ severity }) => severity === 'problem') ? 1 : 0
}

/** What `look` gives, or null with its failure among the findings. */
async function collect<T>(findings: Finding[], about: string, look: () => Promise<T>): Promise<T | null> {
  try {
    return await look()
  } catch (error) {
    findings.push(failure(about, error))
    return null
  }
}

async function examineLog(config: Config): Promise<Finding[]> {
  const retentions: Finding[] = []
  const found = await withConfig(
    config,
    (session) => checkLog(session, systemClock.now()),
    (retention) => retentions.push(retentionFinding(retention)),
  )
  return [...found, ...retentions]
}

function retentionFinding({ topic, retentionMs, retentionBytes }: TopicRetention): Finding {
  const limits = [
    ...(retentionMs < 0 ? [] : [`after ${spanText(retentionMs)}`]),
    ...(retentionBytes < 0 ? [] : [`beyond ${bytesText(retentionBytes)} a partition`]),
  ]
  const remedy = 'Set retention.ms and retention.bytes of the topic to -1: what is gone cannot be in a view that is built anew.'
  return warning(topic, `the broker deletes what it holds ${limits.join(' and ')}`, remedy)
}

/** What is not written anywhere yet cannot be behind. */
async function examineSinks(config: Config, context: CliContext): Promise<Finding[]> {
  const names = chooseSinks(config, null).filter((name) => name !== 'postgres' || config.postgresUrl !== null)
  if (names.length === 0 || !mayHaveLog(config)) return []
  const logger = createLogger(config, context.stderr)
  return withConfig(config, (session) => withSinks({ session, names, logger }, (sinks) => checkSinks(session, sinks)))
}

async function examinePostgres(config: Config, context: CliContext): Promise<Finding[]> {
  if (config.postgresUrl === null && !existsSync(join(config.dataDir, 'postgres')))
    return [note('postgres', 'embedded, not there yet')]
  const sql = openViewsSql(config, createLogger(config, context.stderr))
  try {
    const { rows } = await sql.query("SELECT split_part(version(), ' ', 2)")
    const kind = config.postgresUrl === null ? 'embedded' : 'server'
    const found = note('postgres', `${kind}, version ${String(rows[0]?.[0])}, at ${sql.describe()}`)
    return [found, ...(await staleViews(config, sql)), ...(await checkSinkReports(sql))]
  } finally {
    await sql.close()
  }
}

/** Views in Postgres that were made from topics which the log has no longer: from before a reset, or of another log. */
async function staleViews(config: Config, sql: SqlClient): Promise<Finding[]> {
  const stored = await storedTopics(sql)
  if (stored.length === 0) return []
  const ids = mayHaveLog(config)
    ? await withConfig(config, async ({ log }) => new Set((await log.topics()).map(({ id }) => id)))
    : new Set<string>()
  const stale = [...new Set(stored.filter(({ topicId }) => !ids.has(topicId)).map(({ view }) => view))]
  if (stale.length === 0) return []
  const remedy = '`windrow run --until-end` brings them up to date.'
  return [warning('postgres', `has rows from before a reset, or of another log: ${stale.join(', ')}`, remedy)]
}

async function print(context: CliContext, findings: readonly Finding[]): Promise<void> {
  const style = styleOf(context.stdout)
  const columns = [{ title: '' }, { title: 'about' }, { title: 'found' }] as const
  const rows = findings.map(({ severity, about, text, remedy }) => [
    mark(style, severity),
    about,
    remedy === null ? text : `${text}. ${remedy}`,
  ])
  await context.stdout.write(renderTable(columns, rows, context.stdout))
}

function mark(style: Style, severity: Severity): string {
  switch (severity) {
    case 'note':
      return style.good('ok')
    case 'warning':
      return style.warn('look')
    case 'problem':
      return style.bad('bad')
  }
}
