import { isDay, isMonth, parseInstantLoosely } from '../api/cell-text.ts'
import { WindrowError } from '../core/errors.ts'

/** An option's value as milliseconds since the epoch: a day or a month begins at 00:00 UTC. Undefined stays so. */
export function instantOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const day = isMonth(text) ? `${text}-01` : text
  const instant = isDay(day) ? Date.parse(`${day}T00:00:00Z`) : parseInstantLoosely(text)
  if (instant !== null) return instant
  throw new WindrowError('WR_USAGE', {
    message: `${name} ${JSON.stringify(text)} is neither a day nor an instant.`,
    remedy: 'Give a day (2025-01-01, beginning at 00:00 UTC) or an instant with its offset (2025-01-01T00:00:00+01:00).',
    kind: 'usage',
  })
}
