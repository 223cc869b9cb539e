import { replayProblems } from '../../api/replay-problems.ts'
import { systemClock } from '../../core/clock.ts'
import { stateOf } from '../../core/process-identity.ts'
import { DEAD_LETTERS_TOPIC } from '../../events/dead-letter.ts'
import { afterPrefix } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { sessionsPrefix } from '../../log/embedded/log-keys.ts'
import { decodeSession, type SessionRecord } from '../../log/embedded/session.ts'
import type { Log, Topic } from '../../log/port.ts'
import { CURSORS_TOPIC } from '../../producers/cursors.ts'
import { engineGroup } from '../../runtime/engine-group.ts'
import { addLedgers, ledgerAddsUp, parseLedger } from '../../runtime/ledger.ts'
import { currentViews } from '../../runtime/live-views.ts'
import { formatInstant } from '../../views/instant.ts'
import type { Catalogue } from '../catalogue.ts'
import { listDeadLetters } from '../dead-letters.ts'
import { listReplays } from '../replay/list-replays.ts'
import { runnersOfTopic } from '../runner-of.ts'
import type { Session } from '../session.ts'
import { checkKafka } from './check-kafka.ts'
import { type Finding, note, problem, spanText, warning } from './finding.ts'

/** The processes that have the log open, what each topic has been processed to and by whom, and what could not be used. */
export async function checkLog(session: Session, now: number): Promise<Finding[]> {
  const { log, logStore, kafka, catalogue } = session
  const findings = logStore === null ? [] : [...checkProcesses(logStore)]
  if (kafka !== null) {
    const isOurs = ownTopics(catalogue)
    const ailing = await kafka.ailingPartitions(isOurs)
    const topics = (await log.topics()).filter(({ name }) => isOurs(name))
    findings.push(...(await checkKafka(kafka, topics, ailing, now)))
    // Whoever asks for the end of a partition without a leader waits for one.
    if (ailing.some(({ hasLeader }) => !hasLeader)) return findings
  }
  for (const event of catalogue.events) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    if (topic === null) findings.push(note(catalogue.topicOf(event), 'nothing was published yet'))
    else findings.push(...(await checkTopic(session, topic, now)))
  }
  findings.push(...(await checkViews(log, catalogue)), ...(await checkReplays(log)), ...(await checkDeadLetters(log)))
  return findings
}

/** A cluster has topics of others too. */
function ownTopics(catalogue: Catalogue): (topic: string) => boolean {
  const named = new Set([...catalogue.events.map((event) => catalogue.topicOf(event)), DEAD_LETTERS_TOPIC, CURSORS_TOPIC])
  return (topic) => named.has(topic) || /^(?:views|windrow)\./.test(topic)
}

function checkProcesses(kv: KeyValueStore): Finding[] {
  return (
    kv
      .range({ start: sessionsPrefix, end: afterPrefix(sessionsPrefix) })
      .map(({ value }) => decodeSession(value))
      // This one looks on, and holds nothing.
      .filter(({ pid }) => pid !== process.pid)
      .map(processFinding)
  )
}

function processFinding(record: SessionRecord): Finding {
  switch (stateOf(record)) {
    case 'running':
    case 'unknown':
      return note('process', `${record.pid} has the log open`)
    case 'stopped': {
      const remedy = `Continue it (kill -CONT ${record.pid}) or end it: what it holds goes to others soon.`
      return warning('process', `${record.pid} has the log open, and is stopped`, remedy)
    }
    case 'gone':
      return note('process', `${record.pid} has died; what it held goes to the next that asks`)
  }
}

async function checkTopic(session: Session, topic: Topic, now: number): Promise<Finding[]> {
  const { log } = session
  const progress = await log.groupProgress(engineGroup(topic.name), topic)
  const offsets = new Map(progress.map(({ partition, offset }) => [partition, offset]))
  const lags: number[] = []
  let newest: number | null = null
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { start, end } = await log.bounds(topic, partition)
    lags.push(end - Math.max(start, offsets.get(partition) ?? start))
    newest = latest(newest, await lastAppend(log, topic, partition, end))
  }
  const lag = lags.reduce((sum, each) => sum + each, 0)
  const runners = (await runnersOfTopic(session, topic)).filter(({ where }) => where !== 'gone')
  const age =
    newest === null ? '' : `, the newest came ${spanText(Math.max(0, now - newest))} ago (${formatInstant(newest).slice(0, 19)}Z)`
  const by = runners.length === 0 ? '' : `, processed by ${runners.map(({ name }) => name).join(', ')}`
  const ledger = addLedgers(progress.map(({ metadata }) => parseLedger(metadata)))
  const text = `${(ledger.accepted + lag).toLocaleString('en-US')} readings${age}${by}`
  const findings: Finding[] = []
  if (lag === 0) findings.push(note(topic.name, `${text}; all are in the views`))
  else if (runners.length > 0) findings.push(note(topic.name, `${text}; ${lagText(lags)} to go`))
  else {
    const remedy = 'Run `windrow start` or `windrow run --until-end`.'
    findings.push(warning(topic.name, `${text}; ${lagText(lags)} are not in the views, and nobody is at work on them`, remedy))
  }
  if (!ledgerAddsUp(ledger)) {
    findings.push(
      problem(topic.name, 'the ledger does not add up', 'Run `windrow audit --full`, and keep the data folder for a report.'),
    )
  }
  return findings
}

/** `1,200 (1,000 in partition 0, 200 in partition 3)`. */
function lagText(lags: readonly number[]): string {
  const behind = [...lags.entries()].filter(([, lag]) => lag > 0)
  const each = behind.map(([partition, lag]) => `${lag.toLocaleString('en-US')} in partition ${partition}`)
  return `${lags.reduce((sum, lag) => sum + lag, 0).toLocaleString('en-US')} (${each.join(', ')})`
}

const latest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b))

async function lastAppend(log: Log, topic: Topic, partition: number, end: number): Promise<number | null> {
  const { start } = await log.bounds(topic, partition)
  if (end <= start) return null
  const reader = log.reader(topic, partition, end - 1)
  try {
    return (await reader.next(1))?.appendedAt.at(-1) ?? null
  } finally {
    await reader.close()
  }
}

async function checkViews(log: Log, { views }: Catalogue): Promise<Finding[]> {
  const current = await currentViews(log)
  const missing = views.filter(({ name }) => !current.has(name)).map(({ name }) => name)
  const unknown = [...current.keys()].filter((name) => !views.some((view) => view.name === name))
  const findings = [note('views', `${views.length - missing.length} of ${views.length} are built`)]
  if (unknown.length > 0) {
    const remedy = 'Name their module in WINDROW_MODULES, or forget them with `windrow reset --views`.'
    findings.push(warning('views', `nothing that is loaded keeps ${unknown.join(', ')} up to date`, remedy))
  }
  return findings
}

async function checkReplays(log: Log): Promise<Finding[]> {
  const problems = replayProblems(await listReplays(log, systemClock))
  return problems.map(({ code, message, remedy }) => warning('replay', `${code}: ${message.replace(/\.$/, '')}`, remedy))
}

const MOST_LETTERS = 10_000

async function checkDeadLetters(log: Log): Promise<Finding[]> {
  const found = await listDeadLetters(log, { limit: MOST_LETTERS + 1, after: null })
  const letters = found.slice(0, MOST_LETTERS)
  if (letters.length === 0) return [note('dead letters', 'none')]
  const counts = new Map<string, number>()
  for (const { letter } of letters) counts.set(letter.code, (counts.get(letter.code) ?? 0) + 1)
  const most = found.length > letters.length ? `more than ${MOST_LETTERS.toLocaleString('en-US')}, of the first: ` : ''
  const text = most + [...counts].map(([code, count]) => `${count.toLocaleString('en-US')} ${code}`).join(', ')
  return [warning('dead letters', text, 'Look at them with `windrow dlq list`.')]
}
