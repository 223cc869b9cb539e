import { extname, resolve } from 'node:path'
import { parseRowsQuery } from '../../api/view-query.ts'
import { WindrowError } from '../../core/errors.ts'
import type { Cell, View } from '../../views/view.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { csvText, jsonText } from '../export/row-text.ts'
import { viewRows } from '../export/view-rows.ts'
import { rangeOptions } from '../instant-option.ts'
import { withSession } from '../session.ts'
import { viewNotBuilt } from '../view-not-built.ts'
import { whyNoRow } from '../view-stations.ts'

const FORMATS = ['csv', 'json', 'parquet'] as const
type Format = (typeof FORMATS)[number]

export interface ExportOptions {
  /** Undefined: as the output's name says, else CSV. */
  readonly format?: Format
  /** A day, a month or an instant, inclusive. */
  readonly from?: string
  /** A day, a month or an instant, exclusive. */
  readonly to?: string
  readonly station?: string
  readonly output?: string
}

/** `windrow export`: the rows of a view from the log, sorted by key. The same rows give the same bytes, in whatever order they came. */
export async function exportView(context: CliContext, viewName: string, options: ExportOptions): Promise<ExitCode> {
  const { output, from, to, station } = options
  const format = formatOf(options)
  if (format === 'parquet' && output === undefined) throw parquetNeedsFile()
  rangeOptions(options)
  return withSession(context, async ({ log, catalogue, topicOfView }) => {
    const view = catalogue.viewNamed(viewName)
    const { conditions } = parseRowsQuery(view, {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(station === undefined ? {} : { station }),
    })
    const topic = await topicOfView(view)
    if (topic === null) throw viewNotBuilt(view)
    const counted = { rows: 0 }
    const rows = counting(viewRows(log, view, topic, { conditions, signal: context.signal }), counted)
    await writeRows(context, view, format, output, rows)
    if (counted.rows === 0) await context.stderr.write(`${await whyNoRow(log, view, topic, station, context.signal)}\n`)
    return 0
  })
}

type Rows = AsyncGenerator<ReadonlyArray<readonly Cell[]>>

async function* counting(rows: Rows, counted: { rows: number }): Rows {
  for await (const batch of rows) {
    counted.rows += batch.length
    yield batch
  }
}

async function writeRows(context: CliContext, view: View, format: Format, output: string | undefined, rows: Rows): Promise<void> {
  if (format === 'parquet') {
    const { writeParquetFile } = await import('../export/parquet-file.ts')
    await writeParquetFile(view, resolve(context.folder, output as string), rows)
    return
  }
  const texts = format === 'csv' ? csvText(view, rows) : jsonText(view, rows)
  if (output !== undefined) {
    const { writeTextFile } = await import('../export/write-file.ts')
    await writeTextFile(resolve(context.folder, output), texts)
    return
  }
  for await (const text of texts) {
    await context.stdout.write(text)
    if (context.stdout.closed) break
  }
}

/** A file's name says what is in it: another format under it would mislead whoever opens it. */
function formatOf({ format, output }: ExportOptions): Format {
  const extension = output === undefined ? '' : extname(output).slice(1).toLowerCase()
  const named = FORMATS.find((each) => each === extension)
  if (format === undefined || named === undefined || format === named) return format ?? named ?? 'csv'
  throw new WindrowError('WR_USAGE', {
    message: `--format ${format} would write ${format} into a file called ${output}.`,
    remedy: `Leave out --format, or name the file *.${format}.`,
    kind: 'usage',
  })
}

function parquetNeedsFile(): WindrowError {
  return new WindrowError('WR_USAGE', {
    message: 'Parquet is not text: it needs a file.',
    remedy: 'Add --output FILE.',
    kind: 'usage',
  })
}
