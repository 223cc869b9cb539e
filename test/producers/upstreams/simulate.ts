import { DAY_MS, HOUR_MS } from '../../../src/core/calendar.ts'
import type { EventType } from '../../../src/events/event-type.ts'
import { produceAll } from '../../../src/producers/fleet.ts'
import { httpUpstream } from '../../../src/producers/http/http-upstream.ts'
import { type Quota, type QuotaLimit, type QuotaStore, quota } from '../../../src/producers/http/quota.ts'
import { type Heartbeat, produce } from '../../../src/producers/produce.ts'
import { everyInterval } from '../../../src/producers/rhythm.ts'
import type { Source } from '../../../src/producers/source.ts'
import { CRASH_POINTS, crashingLog } from '../../../src/testing/crashing-log.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryDisk, memoryKv } from '../../../src/testing/memory-kv.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { deadLettersIn, type LoggedReading, readingsIn } from '../published.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { type Fault, fakeServer, passingFaults, seededFaults } from './fake-server.ts'
import { createRandom } from './seeded-random.ts'
import type { SimulatedUpstream, SimulatedUpstreamOf } from './simulated-upstream.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly start: number
  readonly days: number
  readonly upstreams: readonly SimulatedUpstreamOf[]
  /** Of the calls that go wrong, 0 to 1. */
  readonly faultShare: number
  /** That a process lives, if it is not killed at a commit before. Default 30. */
  readonly mostHours?: number
}

export interface Simulated {
  /** What is in the log and what is to be, a line a reading: `identity: values`. */
  readonly logged: readonly string[]
  readonly expected: readonly string[]
  /** Keys of the dead letters' records. */
  readonly deadLetters: readonly string[]
  readonly expectedDeadLetters: number
  /** The most calls that any source was allowed in a stretch of its quota, as a part of the quota's: at most 1. */
  readonly quotaUsed: number
  /** Calls that were allowed. */
  readonly allowed: number
  readonly calls: number
  readonly faults: number
  readonly lives: number
}

/** Those, and what only a later poll gets over. */
const FAULTS: readonly Fault[] = [
  ...passingFaults,
  'hang',
  'hang-inside',
  'html',
  'not-json',
  'redirect-elsewhere',
  { status: 401 },
  { status: 404 },
  { status: 400, body: { error: 'CONSUMPTION_SHORTTERM_F03' } },
]

const POLL_EVERY_MS = HOUR_MS
/** After so many commits at most a process is killed. */
const MOST_COMMITS = 120
/** Time goes on by this much a turn of the event loop; slowly while an answer is on its way, so that deadlines are for hangs. */
const STEP_MS = 60_000
const STEP_WHILE_ASKING_MS = 2000
/** Of an answer: longer than a step, so that none is missed only because time went on. */
const DEADLINE_MS = 5 * 60_000

/** Lets sources poll simulated upstreams for days, with faults and in processes that are killed; at the end each polls once without faults. */
export async function simulate({
  seed,
  start,
  days,
  upstreams,
  faultShare,
  mostHours = 30,
}: SimulationOptions): Promise<Simulated> {
  const random = createRandom(seed, 'lives')
  const clock = manualClock(start)
  const end = start + days * DAY_MS
  const world = { seed, start, end, now: () => clock.now() }
  const simulated = upstreams.map((each) => each(world))
  const server = await fakeServer((request) => {
    for (const { answer } of simulated) {
      const given = answer(request)
      if (given !== undefined) return given
    }
    return undefined
  })
  const log = memoryLog()
  const disk = memoryDisk()
  const quotaDisk = memoryDisk()
  const allowedAt: number[][] = simulated.map(() => [])
  /** What is asked and waits for no quota. */
  let asking = 0

  /** The quota of one source in one process, which shares a store with those before and after it. */
  const quotaOf = ({ kind }: SimulatedUpstream, store: QuotaStore, times: number[]): Quota => {
    const inner = quota({ source: kind.name, credentials: [], limits: kind.quota, store, clock, logger: keepingLogger(), random })
    return {
      take: async (signal) => {
        asking -= 1
        try {
          await inner.take(signal)
        } finally {
          asking += 1
        }
        times.push(clock.now())
      },
    }
  }
  const onHeartbeat = ({ source, station, error }: Heartbeat): void => {
    const from = simulated.find((each) => each.kind.name === source && each.station.id === station)
    if (error === null) from?.onPublished?.()
  }

  /** The sources of one process, and what ends their connections. */
  const open = () => {
    const store = memoryKv(quotaDisk)
    const http = simulated.map((each, i) =>
      httpUpstream({
        source: each.kind.title,
        baseUrl: server.url,
        userAgent: 'test',
        clock,
        logger: keepingLogger(),
        quota: quotaOf(each, store, allowedAt[i] as number[]),
        random,
        connectMs: DEADLINE_MS,
        answerMs: DEADLINE_MS,
      }),
    )
    const sources = simulated.map(({ kind, station, credentials }, i): Source => {
      const upstream = {
        ask: async (...question: Parameters<(typeof http)[number]['ask']>) => {
          asking += 1
          try {
            return await (http[i] as (typeof http)[number]).ask(...question)
          } finally {
            asking -= 1
          }
        },
      }
      const back = { backfillMs: kind.backfillDays * DAY_MS, revisionsMs: kind.revisionDays * DAY_MS }
      return kind.open({ station, upstream, credentials, range: null, ...back })
    })
    const close = async (): Promise<void> => {
      await Promise.all(http.map((each) => each.close()))
      await store.close()
    }
    return { sources, close }
  }

  const goOn = (): Promise<void> => clock.advance(asking > 0 ? STEP_WHILE_ASKING_MS : STEP_MS)

  /** One poll of each, which may have to wait for its quota. */
  const pollAll = async (): Promise<void> => {
    const kv = memoryKv(disk)
    const { sources, close } = open()
    for (const source of sources) {
      let isDone = false
      const polled = produce({ log, kv, source, partitions: 2, clock, logger: keepingLogger(), onHeartbeat }).finally(() => {
        isDone = true
      })
      while (!isDone) await goOn()
      await polled
    }
    await kv.close()
    await close()
  }

  const liveUntil = async (death: number): Promise<void> => {
    const session = log.connect()
    const kv = memoryKv(disk)
    const point = CRASH_POINTS[Math.floor(random() * CRASH_POINTS.length)] as (typeof CRASH_POINTS)[number]
    const crashing = crashingLog(session, { point, nth: 1 + Math.floor(random() * MOST_COMMITS) })
    const stop = new AbortController()
    const { sources, close } = open()
    const members = sources.map((source, i) => ({
      source,
      rhythm: everyInterval(simulated[i]?.everyMs ?? POLL_EVERY_MS, clock),
    }))
    let isAlive = true
    const shared = { kv, partitions: 2, clock, logger: keepingLogger(), random, maxBatchRecords: 100 }
    // A poll that is told to end has not failed, but nor is all in the log.
    const whileAlive = (heartbeat: Heartbeat): void => (isAlive ? onHeartbeat(heartbeat) : undefined)
    const options = { ...shared, members, log: crashing, signal: stop.signal, onHeartbeat: whileAlive }
    const ended = produceAll(options).catch(() => undefined)
    while (clock.now() < death && crashing.crashed === null) await goOn()
    // Nothing of what is under way gets into the log.
    isAlive = false
    session.kill()
    stop.abort()
    await ended
    await kv.close()
    await close()
  }

  server.faultsBy(seededFaults(seed, faultShare, FAULTS))
  let lives = 0
  while (clock.now() < end) {
    await liveUntil(Math.min(end, clock.now() + (1 + mostHours * random()) * HOUR_MS))
    lives += 1
    if (random() < 0.3) await clock.advance(Math.floor(2 * HOUR_MS * random()))
  }
  server.faultsBy(null)
  await pollAll()
  // Some look for revisions once a day.
  await clock.advance(DAY_MS - (clock.now() % DAY_MS) + HOUR_MS / 2)
  await pollAll()
  await server.close()

  const { requests } = server
  const logged = await loggedIn(log, simulated)
  const isLogged = (identity: string, value: unknown): boolean =>
    (logged.get(identity) ?? []).some((each) => JSON.stringify(each) === JSON.stringify(value))
  const expected = simulated.flatMap((each) => each.expected(isLogged))
  return {
    logged: [...logged].map(([identity, values]) => lineOf(identity, values)).sort(),
    expected: expected.map(({ identity, values }) => lineOf(identity, values)).sort(),
    quotaUsed: Math.max(...simulated.map(({ kind }, i) => quotaUsed(kind.quota, allowedAt[i] as number[]))),
    allowed: allowedAt.flat().length,
    deadLetters: (await deadLettersIn(log)).map(({ recordKey }) => recordKey),
    expectedDeadLetters: simulated.reduce((sum, each) => sum + each.deadLetters(), 0),
    calls: requests.length,
    faults: requests.filter(({ fault }) => fault !== null).length,
    lives,
  }
}

/** Of any stretch of each limit, which part of its calls was made in it. */
function quotaUsed(limits: readonly QuotaLimit[], times: readonly number[]): number {
  let most = 0
  for (const { calls, perMs } of limits) {
    let first = 0
    for (const [i, at] of times.entries()) {
      while ((times[first] as number) <= at - perMs) first += 1
      most = Math.max(most, (i - first + 1) / calls)
    }
  }
  return most
}

/** The values of each reading, in the order of the log, by its identity. */
async function loggedIn(log: Parameters<typeof readingsIn>[0], simulated: readonly SimulatedUpstream[]) {
  const values = new Map<string, unknown[]>()
  const events = new Set(simulated.flatMap(({ kind }) => kind.events as readonly EventType[]))
  for (const event of events) {
    for (const reading of await readingsIn(log, event)) {
      const from = simulated.find(({ kind, station }) => kind.name === reading.data_origin && station.id === reading.key)
      const identity = identityOf(reading)
      const all = values.get(identity) ?? []
      all.push(from === undefined ? 'of nobody' : from.valueOf(reading))
      values.set(identity, all)
    }
  }
  return values
}

function identityOf({ key, timestamp, series, production_type: type }: LoggedReading): string {
  const subKey = typeof series !== 'string' ? '' : typeof type === 'string' ? `${series}/${type}` : series
  return JSON.stringify([key, subKey, timestamp])
}

function lineOf(identity: string, values: readonly unknown[]): string {
  return `${identity}: ${JSON.stringify(values)}`
}
