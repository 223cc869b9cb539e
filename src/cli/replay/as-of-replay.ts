import { systemClock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { latenessMinutes } from '../allowed-lateness.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { viewRows } from '../export/view-rows.ts'
import { writeTable } from '../export/write-table.ts'
import { instantOption } from '../instant-option.ts'
import { createLogger } from '../logger.ts'
import { showProgress } from '../progress.ts'
import { type Session, withSession } from '../session.ts'
import { asOfRows } from './as-of-rows.ts'
import { asOfTable, asOfTableRows } from './as-of-table.ts'
import { type AsOfSummary, asOfJson, printAsOf, summaryOf } from './as-of-text.ts'
import { type BuiltView, builtViews } from './built-views.ts'
import { consistentCut } from './consistent-cut.ts'
import { refuseBadOutput } from './difference-file.ts'
import { type RebuiltCut, rebuildCut } from './rebuild-cut.ts'

export interface AsOfReplayOptions {
  /** A day, a month or an instant: readings ingested later do not count. */
  readonly asOf: string
  /** A file for the rows then and now, of one view. */
  readonly output?: string
  readonly json?: boolean
}

const MEBIBYTE = 1024 * 1024

/** `windrow replay --as-of`: views as they were known then, beside the present ones. Changes nothing. */
export async function asOfReplay(
  context: CliContext,
  names: readonly string[],
  { asOf: text, output, json }: AsOfReplayOptions,
): Promise<ExitCode> {
  const asOf = instantOption('--as-of', text) as number
  if (output !== undefined) refuseBadOutput(context.folder, output)
  if (output !== undefined && names.length !== 1) throw oneView()
  return withSession(context, async (session) => {
    const logger = createLogger(session.config, context.stderr)
    const views = await builtViews(session, names)
    const rebuilt = await rebuild(context, session, logger, views, asOf)
    try {
      const summaries: AsOfSummary[] = []
      for (const { view, topic } of views) {
        const rebuiltView = rebuilt.views.get(view.name)
        if (rebuiltView === undefined) continue
        const rows = await asOfRows(rebuiltView, viewRows(session.log, view, topic, { signal: context.signal }))
        try {
          summaries.push(await summaryOf(rows))
          if (output !== undefined) await writeTable(context.folder, output, asOfTable(view), asOfTableRows(rows))
        } finally {
          await rows.close()
        }
      }
      if (json === true) await context.stdout.write(`${JSON.stringify(asOfJson(asOf, summaries), null, 2)}\n`)
      else await printAsOf(context, asOf, summaries)
      return 0
    } finally {
      await rebuilt.close()
    }
  })
}

async function rebuild(
  { terminal, signal }: CliContext,
  { log, catalogue, config }: Session,
  logger: Logger,
  views: readonly BuiltView[],
  asOf: number,
): Promise<RebuiltCut> {
  const { topologies } = catalogue
  const cut = await consistentCut({ log, topologies, topicOf: (event) => catalogue.topicOf(event), views })
  const progress = showProgress({ terminal, logger, clock: systemClock, title: 'reading the log', unit: 'records' })
  try {
    const options = {
      log,
      asOf,
      allowedLatenessMinutes: latenessMinutes(config),
      memoryBytes: config.memoryMb * MEBIBYTE,
      clock: systemClock,
      logger,
      signal,
      onProgress: (done: number, total: number) => progress.update(done, total),
    }
    return await rebuildCut(options, cut)
  } finally {
    progress.end()
  }
}

function oneView(): WindrowError {
  return new WindrowError('WR_USAGE', {
    message: 'A file of rows then and now is of one view.',
    remedy: 'Name one view, or leave out --output.',
    kind: 'usage',
  })
}
