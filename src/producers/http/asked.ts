import { redactor } from '../../core/redact.ts'
import { Secret } from '../../core/secret.ts'
import type { UpstreamRequest } from './upstream.ts'

/** A request as it is sent, and as people may see it. */
export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** The method, the path and the query, without secrets. */
  readonly shown: string
  /** Takes the request's secrets out of a text. */
  readonly redact: (text: string) => string
}

const MAX_SHOWN = 500

/** Puts a request together. A path behind a base URL with a path of its own is appended to it. */
export function askedOf(request: UpstreamRequest, baseUrl: URL): Asked {
  const { method = 'GET', query = {}, headers = {}, hidden = [] } = request
  const url = new URL(`${baseUrl.origin}${baseUrl.pathname.replace(/\/$/, '')}${request.path}`)
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, plain(value))
  const secrets = [...Object.values(query), ...Object.values(headers)].filter((value) => value instanceof Secret)
  const redact = redactor([...secrets, ...hidden])
  const seen = new URL(url)
  // Also a secret that is too short to be taken out of texts is none to be shown.
  for (const [name, value] of Object.entries(query)) if (value instanceof Secret) seen.searchParams.set(name, '[secret]')
  const shown = redact(`${method} ${decoded(seen.pathname + seen.search)}`).slice(0, MAX_SHOWN)
  return { method, url, headers: mapValues(headers), shown, redact }
}

const MAX_SCANNED = 64 * 1024
const MAX_BEGINNING = 200

/** The beginning of a body in one line of printable text, without secrets. */
export function beginningOf(body: Uint8Array, redact: (text: string) => string): string {
  // A secret that the cut would halve is taken out as a whole before.
  const text = redact(new TextDecoder().decode(body.subarray(0, MAX_SCANNED)))
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim()
  return line.length > MAX_BEGINNING ? `${line.slice(0, MAX_BEGINNING)}...` : line
}

function plain(value: string | number | Secret): string {
  return value instanceof Secret ? value.reveal() : String(value)
}

function mapValues(headers: Readonly<Record<string, string | Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, plain(value)]))
}

/** For reading: a query of dates is hardly legible encoded. */
function decoded(pathAndQuery: string): string {
  try {
    return decodeURIComponent(pathAndQuery.replaceAll('+', ' '))
  } catch {
    return pathAndQuery
  }
}
