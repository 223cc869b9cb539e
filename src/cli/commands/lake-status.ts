import type { CliContext, ExitCode } from '../context.ts'
import { bytesText } from '../doctor/finding.ts'
import { type LakePart, lakeContents } from '../lake/lake-contents.ts'
import { openLakeStorage } from '../lake/open-lake-storage.ts'
import { withSession } from '../session.ts'
import { renderFitting } from '../table.ts'

/** `windrow lake status`: what is in the lake, and how far it is behind the log. Nothing is written. */
export async function lakeStatus(context: CliContext, options: { readonly json?: boolean }): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const storage = await openLakeStorage(session.config)
    try {
      const parts = await lakeContents(session, storage)
      if (options.json === true) {
        await context.stdout.write(`${JSON.stringify({ lake: storage.describe(), parts }, null, 2)}\n`)
        return 0
      }
      if (parts.length === 0) {
        await context.stderr.write(`${storage.describe()}: nothing was written yet; \`windrow lake\` does.\n`)
        return 0
      }
      await context.stdout.write(renderFitting(columns, [...parts.map(row), sum(parts)], context.stdout))
      return 0
    } finally {
      await storage.close()
    }
  })
}

const columns = [
  { title: 'layer' },
  { title: 'of' },
  { title: 'from', spare: 2 },
  { title: 'to' },
  { title: 'days', align: 'right', spare: 1 },
  { title: 'files', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'rows', align: 'right' },
  { title: 'behind', align: 'right' },
] as const

const number = (value: number | null): string => (value === null ? '' : value.toLocaleString('en-US'))

function row({ layer, name, first, last, spans, files, bytes, rows, lag }: LakePart): string[] {
  const unit = layer === 'gold' && spans > 0 ? ` mo` : ''
  return [
    layer,
    name,
    first ?? '',
    last ?? '',
    spans === 0 ? '' : `${number(spans)}${unit}`,
    number(files),
    bytesText(bytes),
    number(rows),
    lag === null ? '?' : number(lag),
  ]
}

function sum(parts: readonly LakePart[]): string[] {
  const total = (figure: (part: LakePart) => number): number => parts.reduce((all, part) => all + figure(part), 0)
  return ['in all', '', '', '', '', number(total(({ files }) => files)), bytesText(total(({ bytes }) => bytes)), '', '']
}
