import { WindrowError } from '../../core/errors.ts'

/** A place that readings are wanted of. */
export interface WantedPlace {
  readonly city: string | null
  readonly country: string | null
  readonly latitude: number
  readonly longitude: number
}

/** What somebody wants of `windrow setup`. */
export interface SetupAnswers {
  /** Keys, ids and secrets, by variable. */
  readonly secrets: ReadonlyMap<string, string>
  readonly places: readonly WantedPlace[]
  /** Sources that need no key. */
  readonly keyless: readonly string[]
}

/** `Lyon,FR,45.764,4.8357`; city and country may be empty. Throws WR_USAGE. */
export function placeOfText(text: string): WantedPlace {
  const parts = text.split(',').map((part) => part.trim())
  const [city = '', country = '', latitude = '', longitude = ''] = parts
  const north = numberOf(latitude, 90)
  const east = numberOf(longitude, 180)
  if (parts.length !== 4 || north === null || east === null || !isCountry(country)) {
    throw new WindrowError('WR_USAGE', {
      message: `${JSON.stringify(text)} is no place.`,
      remedy: 'Give city, country (two capital letters), degrees north and degrees east: Lyon,FR,45.764,4.8357.',
      kind: 'usage',
    })
  }
  return { city: city === '' ? null : city, country: country === '' ? null : country, latitude: north, longitude: east }
}

export const isCountry = (text: string): boolean => /^(?:[A-Z]{2})?$/.test(text)

/** A number from -bound to bound, null where the text is none. */
export function numberOf(text: string, bound: number): number | null {
  const value = Number(text)
  return text.trim() !== '' && Math.abs(value) <= bound ? value : null
}

/** An id and its secret, from `ID:SECRET`. Throws WR_USAGE, which does not show them. */
export function pairOf(option: string, text: string): readonly [string, string] {
  const colon = text.indexOf(':')
  if (colon > 0 && colon < text.length - 1) return [text.slice(0, colon), text.slice(colon + 1)]
  throw new WindrowError('WR_USAGE', {
    message: `${option} is no client id and secret with a colon between.`,
    remedy: `Give ${option} ID:SECRET, or ${option} - and the two on a line of stdin.`,
    kind: 'usage',
  })
}
