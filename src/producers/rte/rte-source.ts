import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/calendar.ts'
import type { Clock } from '../../core/clock.ts'
import { isWindrowError } from '../../core/errors.ts'
import { type Span, type TimeZone, timeZone } from '../../core/time-zone.ts'
import { energyReadings } from '../../events/energy.ts'
import type { EventType } from '../../events/event-type.ts'
import type { EnergyReading } from '../../events/reading.ts'
import { byTime, type FoundItem, isIn } from '../found-items.ts'
import { withToken } from '../http/oauth-token.ts'
import type { Upstream, UpstreamAnswer } from '../http/upstream.ts'
import { firstLocalDays, localIso } from '../local-days.ts'
import type { Source, SourceContext, SourceItem } from '../source.ts'
import type { UpstreamSourceOptions } from '../upstream-kind.ts'
import type { RteSeries } from './rte-answer.ts'
import { rteValues, type SeriesMapping } from './rte-values.ts'

/** RTE's days: its dates carry their offset, and the length of a question is counted in them. */
export const RTE_ZONE = 'Europe/Paris'

/** Questions begin and end with a quarter of an hour, the shortest interval that RTE has. */
const QUARTER_MS = 15 * MINUTE_MS

/** How often values are looked for that were revised after a longer time than every poll looks back. */
const LONG_LOOK_EVERY_MS = DAY_MS

/** What RTE answers with to a question about too long a time: `CONSUMPTION_SHORTTERM_F03`, and the like of its other APIs. */
const TOO_LONG = /_F03\b|such a long period/

/** One of RTE's resources. */
export interface RteResource {
  /** The source's name. */
  readonly name: string
  /** As people call it. */
  readonly title: string
  readonly path: string
  /** One call each. */
  readonly queries: ReadonlyArray<Readonly<Record<string, string>>>
  /** Local days of one call. */
  readonly maxDays: number
  /** The series of an answer. Throws WR_UPSTREAM_ANSWER for an answer of another form. */
  readonly seriesOf: (answer: UpstreamAnswer) => readonly RteSeries[]
  /** Null for a series that was not asked for. */
  readonly labelOf: (series: RteSeries) => Pick<EnergyReading, 'series' | 'productionType'> | null
}

/**
 * Asks for the time from `revisionsMs` before what was read last, then, at the first poll of the process and once a day, for what lies
 * before as far as `backfillMs`, in pieces of local days. A value that is missing is asked for again as long as it lies in that time.
 */
export function rteSource(resource: RteResource, options: UpstreamSourceOptions): Source {
  const { station, range, backfillMs, revisionsMs } = options
  const zone = timeZone(RTE_ZONE)
  /** By the monotonic clock; null before the first long look that was published. */
  let lookedLongAt: number | null = null
  let looksLongAt: number | null = null

  let authorised: Upstream | null = null

  const ask = async (span: Span, { signal, clock }: SourceContext): Promise<readonly RteSeries[]> => {
    authorised ??= withRteToken(resource.title, options, clock)
    const dates = { start_date: localIso(span.start, zone), end_date: localIso(span.end, zone) }
    const series: RteSeries[] = []
    for (const query of resource.queries) {
      const answer = await authorised.ask({ path: resource.path, query: { ...query, ...dates } }, signal)
      series.push(...resource.seriesOf(answer))
    }
    return series
  }

  const itemsOf = (series: readonly RteSeries[], wanted: Span, now: number): FoundItem[] => {
    const items: FoundItem[] = []
    for (const each of series) {
      const label = resource.labelOf(each)
      if (label === null) continue
      const of: SeriesMapping = {
        zoneId: station.id,
        place: station.place,
        zone,
        dataOrigin: resource.name,
        ...label,
        now,
      }
      for (const item of rteValues(each.values ?? [], of)) if (isIn(item, wanted)) items.push(item)
    }
    return items.sort(byTime)
  }

  async function* look(asked: Span, wanted: Span, context: SourceContext, tellThrough: boolean): AsyncGenerator<SourceItem> {
    const { clock, signal, logger, progress } = context
    let start = asked.start
    let { maxDays } = resource
    while (start < asked.end && !signal.aborted) {
      const piece = firstLocalDays({ start, end: asked.end }, maxDays, zone)
      let series: readonly RteSeries[]
      try {
        series = await ask(piece, context)
      } catch (error) {
        if (signal.aborted) return
        if (!isTooLong(error) || piece.days === 1) throw error
        maxDays = Math.ceil(piece.days / 2)
        logger.info(
          { source: resource.name, days: piece.days },
          `${piece.days} days are too many for one call: asking for ${maxDays}`,
        )
        continue
      }
      const items = itemsOf(series, wanted, clock.now())
      yield* items
      const through = tellThrough ? completeUntil(items, revisionsMs) : null
      if (through !== null) yield { kind: 'through', at: through }
      start = piece.end
      progress(Math.round((start - asked.start) / DAY_MS), Math.round((asked.end - asked.start) / DAY_MS))
    }
  }

  return {
    name: resource.name,
    station: station.id,
    events: [energyReadings as EventType],
    async *poll(context) {
      looksLongAt = null
      const end = Math.floor(context.clock.now() / QUARTER_MS) * QUARTER_MS
      if (range !== null) {
        if (range.from >= end || range.from >= range.to) return
        const lastMidnight = zone.dayStart(zone.dayOf(range.to - 1) + 1)
        const asked = wholeDays({ start: range.from, end: Math.min(lastMidnight, end) }, zone)
        yield* look(asked, { start: range.from, end: range.to }, context, false)
        return
      }
      const { readThrough } = context
      const longStart = end - Math.max(backfillMs, revisionsMs)
      const start = readThrough === null ? longStart : Math.min(readThrough, end) - revisionsMs
      const near = wholeDays({ start, end }, zone)
      const everything = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }
      yield* look(near, everything, context, true)
      const at = context.clock.monotonic()
      const isLongDue = lookedLongAt === null || at - lookedLongAt >= LONG_LOOK_EVERY_MS
      if (!isLongDue) return
      // What is new comes first: that an old answer fails holds nothing of it back.
      if (longStart < near.start)
        yield* look({ start: zone.dayStart(zone.dayOf(longStart)), end: near.start }, everything, context, false)
      looksLongAt = at
    },
    published() {
      if (looksLongAt !== null) lookedLongAt = looksLongAt
    },
  }
}

function withRteToken(title: string, { upstream, credentials }: UpstreamSourceOptions, clock: Clock): Upstream {
  if (credentials.kind !== 'client') throw new RangeError(`the source ${title} was opened without a client`)
  return withToken(upstream, { source: title, id: credentials.id, secret: credentials.secret, tokenPath: '/token/oauth/', clock })
}

/** From a local midnight on, and at least a day long: RTE answers about whole days. */
function wholeDays({ start, end }: Span, zone: TimeZone): Span {
  const first = zone.dayStart(zone.dayOf(start))
  return { start: end - first >= DAY_MS ? first : zone.dayStart(zone.dayOf(end - DAY_MS - HOUR_MS)), end }
}

function isTooLong(error: unknown): boolean {
  return isWindrowError(error, 'WR_UPSTREAM_REQUEST') && TOO_LONG.test(String(error.facts.body ?? ''))
}

/**
 * The end of the last value that every series has. One that has been silent for longer than `revisionsMs` is not waited for: a kind of
 * power station that was closed down would hold back all for ever.
 */
function completeUntil(items: readonly FoundItem[], revisionsMs: number): number | null {
  const ends = new Map<string | null, number>()
  for (const item of items) {
    if (item.kind === 'bad') continue
    const { productionType, value, timestamp, intervalMinutes } = item.reading as EnergyReading
    if (value === null) continue
    const end = timestamp + intervalMinutes * MINUTE_MS
    ends.set(productionType, Math.max(end, ends.get(productionType) ?? Number.NEGATIVE_INFINITY))
  }
  if (ends.size === 0) return null
  const newest = Math.max(...ends.values())
  return Math.min(...[...ends.values()].filter((end) => newest - end <= revisionsMs))
}
