import type { EventType } from '../../events/event-type.ts'
import type { Topic } from '../../log/port.ts'
import { addLedgers, LEDGER_FATES, type Ledger, ledgerAddsUp, parseLedger } from '../../runtime/ledger.ts'
import { engineGroup } from '../../runtime/live-views.ts'
import { latenessMinutes } from '../allowed-lateness.ts'
import { recomputeLedger } from '../audit/recompute-ledger.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { type Session, withSession } from '../session.ts'
import { type Style, styleOf } from '../style.ts'
import { renderTable } from '../table.ts'

interface AuditedPartition {
  readonly topic: string
  readonly partition: number
  readonly ledger: Ledger
  /** Counted again from the log, null without `--full`. */
  readonly recomputed: Ledger | null
  /** Records that nobody has processed yet. */
  readonly lag: number
  readonly problems: readonly string[]
}

/**
 * `windrow audit`: what became of every reading, from the committed ledgers, and with `full` counted again from the log. 1 when
 * something does not add up.
 */
export async function audit(
  context: CliContext,
  options: { readonly full?: boolean; readonly json?: boolean },
): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const audited: AuditedPartition[] = []
    for (const event of session.catalogue.events) {
      const topic = await session.log.findTopic(session.catalogue.topicOf(event))
      if (topic !== null) audited.push(...(await auditTopic(session, event, topic, options.full === true, context.signal)))
    }
    if (context.signal.aborted) return 3
    const wrong = audited.filter(({ problems }) => problems.length > 0)
    if (options.json === true)
      await context.stdout.write(`${JSON.stringify({ ok: wrong.length === 0, partitions: audited }, null, 2)}\n`)
    else await print(context, audited)
    return wrong.length === 0 ? 0 : 1
  })
}

async function auditTopic(
  { log, config }: Session,
  event: EventType,
  topic: Topic,
  full: boolean,
  signal: AbortSignal,
): Promise<AuditedPartition[]> {
  const progress = await log.groupProgress(engineGroup(topic.name), topic)
  const minutes = latenessMinutes(config).get(event.name)
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
          allowedLatenessMs: minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000,
          signal,
        })
      : null
    const problems = [...problemsOf(ledger, until - start), ...(recomputed === null ? [] : differencesOf(ledger, recomputed))]
    audited.push({ topic: topic.name, partition, ledger, recomputed, lag: end - until, problems })
  }
  return audited
}

function problemsOf(ledger: Ledger, records: number): string[] {
  const problems: string[] = []
  if (!ledgerAddsUp(ledger))
    problems.push(
      `${ledger.accepted} accepted, but the fates sum up to ${LEDGER_FATES.reduce((sum, fate) => sum + ledger[fate], 0)}`,
    )
  if (ledger.accepted !== records)
    problems.push(`${records} records before the committed offset, but ${ledger.accepted} accepted`)
  return problems
}

function differencesOf(ledger: Ledger, recomputed: Ledger): string[] {
  return (['accepted', ...LEDGER_FATES] as const)
    .filter((name) => ledger[name] !== recomputed[name])
    .map((name) => `${title(name)} is ${ledger[name]}, counted again from the log ${recomputed[name]}`)
}

/** `too late` for `tooLate`. */
const title = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

async function print(context: CliContext, audited: readonly AuditedPartition[]): Promise<void> {
  if (audited.length === 0) {
    await context.stderr.write('The log holds no readings yet.\n')
    return
  }
  const style = styleOf(context.stdout)
  const fates = ['accepted', ...LEDGER_FATES] as const
  const columns = [
    { title: 'topic' },
    { title: 'part' },
    ...fates.map((fate) => ({ title: fate === 'deadLettered' ? 'dead' : title(fate), align: 'right' as const })),
    { title: 'lag', align: 'right' as const },
    { title: '' },
  ]
  const line = (topic: string, partition: string, ledger: Ledger, lag: number, ok: boolean): string[] => [
    topic,
    partition,
    ...fates.map((fate) => String(ledger[fate])),
    String(lag),
    mark(style, ok),
  ]
  const told = audited.filter(({ ledger, lag, problems }) => ledger.accepted > 0 || lag > 0 || problems.length > 0)
  const rows = told.map((each) => line(each.topic, String(each.partition), each.ledger, each.lag, each.problems.length === 0))
  const total = addLedgers(audited.map(({ ledger }) => ledger))
  rows.push(
    line(
      'all',
      '',
      total,
      audited.reduce((sum, { lag }) => sum + lag, 0),
      audited.every(({ problems }) => problems.length === 0),
    ),
  )
  await context.stdout.write(renderTable(columns, rows, context.stdout))
  for (const { topic, partition, problems } of audited) {
    for (const problem of problems) await context.stdout.write(`${style.bad('!')} ${topic} ${partition}: ${problem}\n`)
  }
}

const mark = (style: Style, ok: boolean): string => (ok ? style.good('ok') : style.bad('wrong'))
