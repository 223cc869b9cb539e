import { resolve } from 'node:path'
import { parseRowsQuery } from '../../api/view-query.ts'
import { WindrowError } from '../../core/errors.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { csvText, jsonText } from '../export/row-text.ts'
import { viewRows } from '../export/view-rows.ts'
import { withSession } from '../session.ts'

export interface ExportOptions {
  readonly format: 'csv' | 'json' | 'parquet'
  /** A day or an instant, inclusive. */
  readonly from?: string
  /** A day or an instant, exclusive. */
  readonly to?: string
  readonly station?: string
  readonly output?: string
}

/** `windrow export`: the rows of a view from the log, sorted by key. The same rows give the same bytes, in whatever order they came. */
export async function exportView(context: CliContext, viewName: string, options: ExportOptions): Promise<ExitCode> {
  const { format, output, from, to, station } = options
  if (format === 'parquet' && output === undefined) throw parquetNeedsFile()
  return withSession(context, async ({ log, catalogue, topicOfView }) => {
    const view = catalogue.viewNamed(viewName)
    const { conditions } = parseRowsQuery(view, {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(station === undefined ? {} : { station }),
    })
    const topic = await topicOfView(view)
    if (topic === null) {
      throw new WindrowError('WR_VIEW_EMPTY', {
        message: `The view ${view.name} has not been built yet.`,
        remedy: 'Build it with `windrow run --until-end` (or `windrow start`), then export it.',
        kind: 'failure',
        facts: { view: view.name },
      })
    }
    const rows = viewRows(log, view, topic, { conditions, signal: context.signal })
    if (format === 'parquet') {
      const { writeParquetFile } = await import('../export/parquet-file.ts')
      await writeParquetFile(view, resolve(context.folder, output as string), rows)
      return 0
    }
    const texts = format === 'csv' ? csvText(view, rows) : jsonText(view, rows)
    if (output !== undefined) {
      const { writeTextFile } = await import('../export/write-file.ts')
      await writeTextFile(resolve(context.folder, output), texts)
      return 0
    }
    for await (const text of texts) {
      await context.stdout.write(text)
      if (context.stdout.closed) break
    }
    return 0
  })
}

function parquetNeedsFile(): WindrowError {
  return new WindrowError('WR_USAGE', {
    message: 'Parquet is not text: it needs a file.',
    remedy: 'Add --output FILE.',
    kind: 'usage',
  })
}
