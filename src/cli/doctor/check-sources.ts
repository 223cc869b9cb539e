import { DAY_MS, HOUR_MS } from '../../core/calendar.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { settledWithin } from '../../core/settled-within.ts'
import { untilAnyAborts } from '../../core/until-any-aborts.ts'
import { CLOCK_REMEDY, CLOCK_TOLERANCE_MS } from '../../producers/http/clock-tolerance.ts'
import type { Upstream } from '../../producers/http/upstream.ts'
import type { Source } from '../../producers/source.ts'
import { meanSeconds } from '../../producers/stations/cadence.ts'
import { formatInstant } from '../../views/instant.ts'
import type { ConfiguredStation } from '../stations/configured-stations.ts'
import { type Finding, note, problem, spanText, warning } from './finding.ts'
import { hostOf, sourceFault } from './source-fault.ts'

/** How the sources are asked: for the tests as for the real ones. */
export interface AskSources {
  /** Counts towards the quota; one that is closed where it can be. */
  readonly openUpstream: (station: ConfiguredStation) => Upstream & { close?(): Promise<void> }
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** For one source. Default 20 s. */
  readonly timeoutMs?: number
  /** Calls that are left of the quota, and of how many; null where nobody counts. */
  readonly quotaLeft?: (station: ConfiguredStation) => { readonly left: number; readonly of: number } | null
}

const TIMEOUT_MS = 20_000

/** What a source said when it was asked. */
interface Heard {
  readonly readings: number
  readonly bad: number
  /** Start of the newest reading, null when there was none. */
  readonly newestAt: number | null
  /** Until the first thing that it said. */
  readonly roundTripMs: number
}

/** Asks each source about the first of its stations, all at once, and publishes nothing. */
export async function checkSources(stations: readonly ConfiguredStation[], ask: AskSources): Promise<Finding[]> {
  const firsts = stations.filter(({ kind }, i) => stations.findIndex((other) => other.kind.name === kind.name) === i)
  const count = (name: string): number => stations.filter(({ kind }) => kind.name === name).length
  return (await Promise.all(firsts.map((station) => checkSource(station, count(station.kind.name), ask)))).flat()
}

async function checkSource(configured: ConfiguredStation, stations: number, ask: AskSources): Promise<Finding[]> {
  const { kind, station } = configured
  const timeoutMs = ask.timeoutMs ?? TIMEOUT_MS
  const ending = new AbortController()
  const upstream = ask.openUpstream(configured)
  const { dated, aheadMs } = comparingClocks(upstream, ask.clock)
  try {
    const source = kind.open({
      station,
      upstream: dated,
      credentials: configured.credentials,
      range: null,
      // One call should do.
      backfillMs: Math.min(configured.backfillMs, DAY_MS),
      revisionsMs: Math.min(configured.revisionsMs, DAY_MS),
      everySeconds: meanSeconds(configured.cadence, ask.clock.now()),
    })
    const hearing = untilAnyAborts([ask.signal, ending.signal], (signal) => hear(source, ask, signal))
    if (await settledWithin(ask.clock, hearing, timeoutMs))
      return [...clockFindings(kind.name, aheadMs()), ...findings(configured, await hearing, stations, ask)]
    const text = `${hostOf(configured)} has not said all about ${station.id} within ${spanText(timeoutMs)}`
    return [
      problem(kind.name, text, 'Try again; if it stays like this, look at the network, a proxy, and the state of the service.'),
    ]
  } catch (error) {
    ask.signal.throwIfAborted()
    return [...clockFindings(kind.name, aheadMs()), sourceFault(configured, error)]
  } finally {
    ending.abort()
    await upstream.close?.()
  }
}

/** How far this machine's clock was ahead of upstream's at the first answer that told its time; null where none has. */
function comparingClocks(upstream: Upstream, clock: Clock): { readonly dated: Upstream; readonly aheadMs: () => number | null } {
  let aheadMs: number | null = null
  const ask: Upstream['ask'] = async (request, signal) => {
    const answer = await upstream.ask(request, signal)
    if (answer.date !== null) aheadMs ??= clock.now() - answer.date
    return answer
  }
  return { dated: { ask }, aheadMs: () => aheadMs }
}

function clockFindings(about: string, aheadMs: number | null): Finding[] {
  if (aheadMs === null || Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) return []
  const where = aheadMs > 0 ? 'ahead of' : 'behind'
  return [problem(about, `this machine's clock is ${spanText(Math.abs(aheadMs))} ${where} that of the service`, CLOCK_REMEDY)]
}

/** One poll, until the first stretch of time is told. */
async function hear(source: Source, { clock, logger }: AskSources, signal: AbortSignal): Promise<Heard> {
  const began = clock.monotonic()
  let roundTripMs: number | null = null
  let readings = 0
  let bad = 0
  let newestAt: number | null = null
  for await (const item of source.poll({ clock, logger, signal, readThrough: null, recall: () => null, progress: () => {} })) {
    roundTripMs ??= clock.monotonic() - began
    if (item.kind === 'reading') {
      readings += 1
      newestAt = Math.max(newestAt ?? item.reading.timestamp, item.reading.timestamp)
    } else if (item.kind === 'bad') bad += 1
    else if (readings > 0) break
    if (signal.aborted) break
  }
  return { readings, bad, newestAt, roundTripMs: roundTripMs ?? clock.monotonic() - began }
}

function findings(configured: ConfiguredStation, heard: Heard, stations: number, ask: AskSources): Finding[] {
  const { kind, station } = configured
  const about = kind.name
  const now = ask.clock.now()
  const others = stations > 1 ? `; ${stations - 1} more of its stations were not asked` : ''
  const trip = `${Math.round(heard.roundTripMs).toLocaleString('en-US')} ms`
  const found: Finding[] = []
  if (heard.newestAt === null) {
    const remedy = 'Look whether the station is at work, and its place or number is right.'
    found.push(warning(about, `answers (${trip}), but has no reading of ${station.id}${others}`, remedy))
  } else {
    const age = now - heard.newestAt
    const of = `the latest reading of ${station.id} begins ${formatInstant(heard.newestAt).slice(0, 19)}Z`
    // A reading begins before it is told.
    if (age < -CLOCK_TOLERANCE_MS) {
      found.push(
        problem(
          about,
          `answers (${trip}), and ${of}, ${spanText(-age)} from now: this machine's clock is wrong${others}`,
          CLOCK_REMEDY,
        ),
      )
    } else if (age > kind.staleAfterHours * HOUR_MS) {
      const remedy = 'Look whether the station is still at work, and whether the clock of this machine is right.'
      found.push(warning(about, `answers (${trip}), but ${of}, ${spanText(age)} ago${others}`, remedy))
    } else found.push(note(about, `works (${trip}): ${of}, ${spanText(Math.max(0, age))} ago${others}`))
  }
  if (heard.bad > 0) {
    const remedy = 'They go to the dead letters when they are published: `windrow dlq list` says why.'
    found.push(warning(about, `${heard.bad} of what it says of ${station.id} can be no readings`, remedy))
  }
  const quota = ask.quotaLeft?.(configured) ?? null
  if (quota !== null && quota.left < quota.of / 10) {
    const remedy = 'Poll less often or fewer stations, or set the quota of a larger plan in windrow.config.json.'
    found.push(warning(about, `${quota.left} of ${quota.of} calls are left of its quota: polls will wait`, remedy))
  }
  return found
}
