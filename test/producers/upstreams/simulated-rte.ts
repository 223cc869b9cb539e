import { DAY_MS, MINUTE_MS } from '../../../src/core/calendar.ts'
import { Secret } from '../../../src/core/secret.ts'
import { timeZone } from '../../../src/core/time-zone.ts'
import { localIso } from '../../../src/producers/local-days.ts'
import { rteConsumption } from '../../../src/producers/rte/rte-consumption.ts'
import { rteGeneration } from '../../../src/producers/rte/rte-generation.ts'
import type { Station } from '../../../src/producers/stations/station.ts'
import type { UpstreamKind } from '../../../src/producers/upstream-kind.ts'
import { type ClientTokens, clientTokens } from './fake-rte-tokens.ts'
import type { FakeAnswer, FakeRequest } from './fake-server.ts'
import { createRandom } from './seeded-random.ts'
import {
  type Fact,
  lifeOf,
  type SimulatedUpstream,
  type SimulatedUpstreamOf,
  type SimulatedWorld,
  stateAt,
} from './simulated-upstream.ts'

/** A number, null (there is none), or a text in place of a number. */
type Megawatts = number | null | string

interface Series {
  readonly label: Readonly<Record<string, string>>
  readonly subKey: string
  readonly minutes: number
  readonly facts: ReadonlyArray<Fact<Megawatts>>
}

const paris = timeZone('Europe/Paris')
/** RTE accepts 186 days and refuses 190. */
const MAX_DAYS = 186
const HISTORY_DAYS = 4

/** RTE's short-term consumption in a simulated world. */
export const simulatedRteConsumption: SimulatedUpstreamOf = (world) =>
  simulatedRte(world, rteConsumption, '/open_api/consumption/v1/short_term', 'short_term', [
    seriesOf(world, { type: 'REALISED' }, 'consumption', 15),
  ])

/** RTE's generation by type in a simulated world. */
export const simulatedRteGeneration: SimulatedUpstreamOf = (world) => {
  const property = 'actual_generations_per_production_type'
  const types = ['SOLAR', 'WIND_ONSHORE']
  return simulatedRte(
    world,
    rteGeneration,
    `/open_api/actual_generation/v1/${property}`,
    property,
    types.map((type) => seriesOf(world, { production_type: type }, `production/${type}`, 60)),
  )
}

function seriesOf(world: SimulatedWorld, label: Series['label'], subKey: string, minutes: number): Series {
  const random = createRandom(world.seed, subKey)
  const facts: Array<Fact<Megawatts>> = []
  for (let start = world.start - HISTORY_DAYS * DAY_MS; start < world.end; start += minutes * MINUTE_MS) {
    const megawatts = Math.round(40_000 + 20_000 * random())
    const odd = random()
    const states = lifeOf(world, random, start + minutes * MINUTE_MS, (revision): Megawatts => {
      if (revision > 0) return megawatts + revision
      return odd < 0.01 ? null : odd < 0.02 ? 'ND' : megawatts
    })
    if (states.length > 0) facts.push({ start, states })
  }
  return { label, subKey, minutes, facts }
}

function simulatedRte(
  world: SimulatedWorld,
  kind: UpstreamKind,
  path: string,
  property: string,
  series: readonly Series[],
): SimulatedUpstream {
  const tokens = clientTokens({ id: `${kind.name} ü`, secret: 'se:cret', now: world.now })
  const states = series.flatMap(({ subKey, facts }) => facts.map((fact) => ({ subKey, ...fact })))
  return {
    kind,
    station: kind.defaultStations?.[0] as Station,
    credentials: { kind: 'client', id: tokens.id, secret: new Secret(tokens.secret) },
    answer: (request) =>
      tokens.answer(request) ?? (request.path === path ? answer(request, tokens, world, property, series) : undefined),
    valueOf: ({ value, revised_at }) => [value, revised_at],
    expected: () =>
      states
        .map(({ subKey, start, states: all }) => ({
          identity: JSON.stringify(['FR', subKey, start]),
          values: all.filter(({ value }) => typeof value !== 'string').map(({ value, knownAt }) => [value, knownAt]),
        }))
        .filter(({ values }) => values.length > 0),
    deadLetters: () => states.flatMap(({ states: all }) => all).filter(({ value }) => typeof value === 'string').length,
  }
}

function answer(
  { query, headers }: FakeRequest,
  tokens: ClientTokens,
  world: SimulatedWorld,
  property: string,
  series: readonly Series[],
): FakeAnswer {
  if (!tokens.isValid(headers.authorization)) return { status: 401, body: { error: 'invalid_token' } }
  const [from, to] = [dateOf(query.get('start_date')), dateOf(query.get('end_date'))]
  if (from === null || to === null || to - from < DAY_MS) return refused('F01', 'the dates are wrong')
  if (to - from > MAX_DAYS * DAY_MS) {
    return refused(
      'F03',
      'The API does not provide feedback on such a long period in one call. To retrieve all the data, make several calls.',
    )
  }
  const now = world.now()
  const body = series.map(({ label, minutes, facts }) => {
    const values: object[] = []
    for (const fact of facts) {
      const state = stateAt(fact, now)
      if (fact.start < from || fact.start >= to || state === null) continue
      const dates = {
        start_date: parisIso(fact.start),
        end_date: parisIso(fact.start + minutes * MINUTE_MS),
      }
      const shownAs = ({ knownAt, value }: typeof state) => ({ ...dates, updated_date: parisIso(knownAt), value })
      // What was before is there too now and then, before or after what is.
      const said = fact.states.filter(({ knownAt }) => knownAt <= now)
      const shown = said.length > 1 && fact.start % 7 < 3 ? [...said].reverse() : [state]
      values.push(...shown.map(shownAs))
    }
    return { ...label, start_date: query.get('start_date'), end_date: query.get('end_date'), values }
  })
  return { body: { [property]: body } }
}

function refused(code: string, description: string): FakeAnswer {
  return { status: 400, body: { error: `CONSUMPTION_SHORTTERM_${code}`, error_description: description } }
}

const isoOf = new Map<number, string>()

/** Answers repeat what they said. */
function parisIso(instant: number): string {
  let iso = isoOf.get(instant)
  if (iso === undefined) {
    iso = localIso(instant, paris)
    isoOf.set(instant, iso)
  }
  return iso
}

function dateOf(text: string | null): number | null {
  const parts = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/.exec(text ?? '')
  return parts === null ? null : Date.parse(parts[0])
}
