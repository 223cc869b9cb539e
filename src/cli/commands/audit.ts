import { fatesOnWire } from '../../api/wire.ts'
import { addLedgers, LEDGER_FATES, type Ledger } from '../../runtime/ledger.ts'
import { type AuditedPartition, auditAll, title } from '../audit/audit-log.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { withSession } from '../session.ts'
import { type Style, styleOf } from '../style.ts'
import { renderFitting } from '../table.ts'

/**
 * `windrow audit`: what became of every reading, from the committed ledgers, and with `full` counted again from the log. 1 when
 * something does not add up.
 */
export async function audit(
  context: CliContext,
  options: { readonly full?: boolean; readonly json?: boolean },
): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const audited = await auditAll(session, options.full === true, context.signal)
    if (context.signal.aborted) return 3
    const wrong = audited.filter(({ problems }) => problems.length > 0)
    if (options.json === true)
      await context.stdout.write(`${JSON.stringify({ ok: wrong.length === 0, partitions: audited.map(onWire) }, null, 2)}\n`)
    else await print(context, audited)
    return wrong.length === 0 ? 0 : 1
  })
}

const onWire = (audited: AuditedPartition) => ({
  ...audited,
  ledger: fatesOnWire(audited.ledger),
  recomputed: audited.recomputed === null ? null : fatesOnWire(audited.recomputed),
})

async function print(context: CliContext, audited: readonly AuditedPartition[]): Promise<void> {
  if (audited.length === 0) {
    await context.stderr.write('The log holds no readings yet.\n')
    return
  }
  const style = styleOf(context.stdout)
  const fates = ['accepted', ...LEDGER_FATES] as const
  const total = addLedgers(audited.map(({ ledger }) => ledger))
  const columns = [
    { title: 'topic' },
    { title: 'part' },
    ...fates.map((fate, i) => ({
      title: fate === 'deadLettered' ? 'dead' : title(fate),
      align: 'right' as const,
      // What befell no reading at all may be left out.
      ...(total[fate] === 0 ? { spare: i } : {}),
    })),
    { title: 'lag', align: 'right' as const },
    { title: '' },
  ]
  const line = (topic: string, partition: string, ledger: Ledger, lag: number, ok: boolean): string[] => [
    topic,
    partition,
    ...fates.map((fate) => countText(ledger[fate])),
    countText(lag),
    mark(style, ok),
  ]
  const told = audited.filter(({ ledger, lag, problems }) => ledger.accepted > 0 || lag > 0 || problems.length > 0)
  const rows = told.map((each) => line(each.topic, String(each.partition), each.ledger, each.lag, each.problems.length === 0))
  rows.push(
    line(
      'all',
      '',
      total,
      audited.reduce((sum, { lag }) => sum + lag, 0),
      audited.every(({ problems }) => problems.length === 0),
    ),
  )
  await context.stdout.write(renderFitting(columns, rows, context.stdout))
  for (const { topic, partition, problems } of audited) {
    for (const problem of problems) await context.stdout.write(`${style.bad('!')} ${topic} ${partition}: ${problem}\n`)
  }
}

const countText = (count: number): string => count.toLocaleString('en-US')

const mark = (style: Style, ok: boolean): string => (ok ? style.good('ok') : style.bad('wrong'))
