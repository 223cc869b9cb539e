import { readFileSync } from 'node:fs'
import { WindrowError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { Upstream, UpstreamAnswer, UpstreamRequest } from '../../../src/producers/http/upstream.ts'
import type { Station } from '../../../src/producers/stations/station.ts'
import type { Credentials, UpstreamSourceOptions } from '../../../src/producers/upstream-kind.ts'

/** An answer as it comes from a server, of anything that has JSON. */
export function answerOf(json: unknown, date: number | null = null): UpstreamAnswer {
  const text = JSON.stringify(json)
  return { body: new TextEncoder().encode(text), date, json: () => JSON.parse(text) as unknown }
}

/** A golden file of a test, by its address: the JSON that stands in it. */
export function golden(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8')) as unknown
}

export interface ScriptedUpstream extends Upstream {
  /** All that was asked, secrets shown. */
  readonly asked: ReadonlyArray<{
    readonly base: string
    readonly path: string
    readonly query: Readonly<Record<string, string>>
  }>
}

/** An upstream without a network: `answer` gives the JSON of each question, or an error that is thrown; `date` is what its clock shows. */
export function scriptedUpstream(
  answer: (path: string, query: Readonly<Record<string, string>>) => unknown,
  date: number | null = null,
): ScriptedUpstream {
  const asked: Array<ScriptedUpstream['asked'][number]> = []
  return {
    asked,
    ask: async ({ baseUrl = '', path, query: given = {} }: UpstreamRequest) => {
      const text = (value: string | number | Secret): string => (value instanceof Secret ? value.reveal() : String(value))
      const query = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, text(value)]))
      asked.push({ base: baseUrl, path, query })
      const said = answer(path, query)
      if (said instanceof Error) throw said
      return answerOf(said, date)
    },
  }
}

/** What the client throws where upstream is away. */
export const away = new WindrowError('WR_UPSTREAM_BUSY', { message: 'away', remedy: 'wait', facts: { status: 503 } })

export const PARIS: Station = {
  id: 'station_Paris_FR',
  upstreamId: null,
  place: { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, timeZone: 'Europe/Paris' },
}

/** Options for a source of Paris. */
export function sourceOptions(
  upstream: Upstream,
  given: Partial<UpstreamSourceOptions> = {},
  credentials: Credentials = { kind: 'key', key: new Secret('geheim') },
): UpstreamSourceOptions {
  const day = 86_400_000
  return { station: PARIS, upstream, credentials, range: null, backfillMs: day, revisionsMs: day, ...given }
}
