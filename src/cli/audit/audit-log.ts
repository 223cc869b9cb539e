import type { EventType } from '../../events/event-type.ts'
import type { Topic } from '../../log/port.ts'
import { allowedLatenessMs } from '../../runtime/allowed-lateness.ts'
import { engineGroup } from '../../runtime/engine-group.ts'
import { LEDGER_FATES, type Ledger, ledgerAddsUp, parseLedger } from '../../runtime/ledger.ts'
import { parseTaskProgress } from '../../runtime/task-progress.ts'
import { latenessMinutes } from '../allowed-lateness.ts'
import type { Session } from '../session.ts'
import { recomputeLedger } from './recompute-ledger.ts'

/** What became of the readings of a partition. */
export interface AuditedPartition {
  readonly topic: string
  readonly partition: number
  readonly ledger: Ledger
  /** Counted again from the log, null without `--full`. */
  readonly recomputed: Ledger | null
  /** Records that nobody has processed yet. */
  readonly lag: number
  readonly problems: readonly string[]
}

/** The committed ledgers of every reading topic; with `full` they are counted again from the log, and compared. */
export async function auditAll(session: Session, full: boolean, signal: AbortSignal): Promise<readonly AuditedPartition[]> {
  const audited: AuditedPartition[] = []
  for (const event of session.catalogue.events) {
    const topic = await session.log.findTopic(session.catalogue.topicOf(event))
    if (topic !== null) audited.push(...(await auditTopic(session, event, topic, full, signal)))
  }
  return audited
}

async function auditTopic(
  { log, logStore, config }: Session,
  event: EventType,
  topic: Topic,
  full: boolean,
  signal: AbortSignal,
): Promise<AuditedPartition[]> {
  const progress = await log.groupProgress(engineGroup(topic.name), topic)
  const latenessMs = allowedLatenessMs(latenessMinutes(config), event.name)
  const audited: AuditedPartition[] = []
  for (let partition = 0; partition < topic.partitions && !signal.aborted; partition++) {
    const { start, end } = await log.bounds(topic, partition)
    const committed = progress.find((each) => each.partition === partition)
    const until = committed?.offset ?? start
    const ledger = parseLedger(committed?.metadata ?? '')
    const recomputed = full
      ? await recomputeLedger({
          log,
          event,
          topic,
          partition,
          until,
          allowedLatenessMs: latenessMs,
          signal,
        })
      : null
    const span = { offsets: until - start, onlyRecords: logStore !== null }
    const counted = committed === undefined ? latenessMs : parseTaskProgress(committed.metadata).allowedLatenessMs
    const differences = recomputed === null ? [] : differencesOf(ledger, recomputed)
    const problems = [
      ...problemsOf(ledger, span),
      ...differences,
      ...(differences.length > 0 ? otherLateness(counted, latenessMs) : []),
    ]
    audited.push({ topic: topic.name, partition, ledger, recomputed, lag: end - until, problems })
  }
  return audited
}

/** Offsets before the committed one. On Kafka the marks of transactions take some of them. */
interface Span {
  readonly offsets: number
  readonly onlyRecords: boolean
}

function problemsOf(ledger: Ledger, { offsets, onlyRecords }: Span): string[] {
  const problems: string[] = []
  if (!ledgerAddsUp(ledger))
    problems.push(
      `${ledger.accepted} accepted, but the fates sum up to ${LEDGER_FATES.reduce((sum, fate) => sum + ledger[fate], 0)}`,
    )
  if (onlyRecords ? ledger.accepted !== offsets : ledger.accepted > offsets)
    problems.push(
      `${offsets} ${onlyRecords ? 'records' : 'offsets'} before the committed offset, but ${ledger.accepted} accepted`,
    )
  return problems
}

function differencesOf(ledger: Ledger, recomputed: Ledger): string[] {
  return (['accepted', ...LEDGER_FATES] as const)
    .filter((name) => ledger[name] !== recomputed[name])
    .map(
      (name) =>
        `${title(name)} is ${ledger[name].toLocaleString('en-US')}, counted again from the log ${recomputed[name].toLocaleString('en-US')}`,
    )
}

/** Why the counts may differ, where they were made with another setting than this process has. */
function otherLateness(counted: number | null, latenessMs: number): string[] {
  if (counted === latenessMs) return []
  const was = counted === null ? 'another' : inMinutes(counted)
  return [
    `the allowed lateness was ${was} when it was counted, here it is ${inMinutes(latenessMs)}: the next process that runs counts again`,
  ]
}

const inMinutes = (ms: number): string => (ms === Number.POSITIVE_INFINITY ? 'unlimited' : `${ms / 60_000} minutes`)

/** `too late` for `tooLate`. */
export const title = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
