import { isDay, isMonth, parseInstantLoosely } from '../api/cell-text.ts'
import { WindrowError } from '../core/errors.ts'

/** An option's value as milliseconds since the epoch: a day or a month begins at 00:00 UTC. Undefined stays so. */
export function instantOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const day = isMonth(text) ? `${text}-01` : text
  const instant = isDay(day) ? Date.parse(`${day}T00:00:00Z`) : parseInstantLoosely(text)
  if (instant !== null) return instant
  throw new WindrowError('WR_USAGE', {
    message: `${name} ${JSON.stringify(text)} is neither a day, a month nor an instant.`,
    remedy:
      'Give a day (2025-01-01) or a month (2025-01), which begin at 00:00 UTC, or an instant with its offset (2025-01-01T00:00:00+01:00).',
    kind: 'usage',
  })
}

/** The options `--from` (inclusive) and `--to` (exclusive) in milliseconds since the epoch. Throws WR_USAGE where nothing can lie between. */
export function rangeOptions(given: { readonly from?: string | undefined; readonly to?: string | undefined }): {
  readonly from: number | undefined
  readonly to: number | undefined
} {
  const from = instantOption('--from', given.from)
  const to = instantOption('--to', given.to)
  if (from === undefined || to === undefined || from < to) return { from, to }
  throw new WindrowError('WR_USAGE', {
    message: `Nothing lies between --from ${given.from} (inclusive) and --to ${given.to} (exclusive).`,
    remedy: 'Give a --to that is later than --from.',
    kind: 'usage',
  })
}
