import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startKafka } from '../../scripts/services/kafka.js'
import { type Random, seededRandom } from '../../test/simulation/random.ts'
import { until, within } from './deadline.ts'
import { compareViews, exportViews } from './exported-views.ts'
import { type Crowd, kafkaCrowd, publishing } from './kafka-crowd.ts'
import { type Kafka, kafkaFaults } from './kafka-faults.ts'
import { type Piece, type PieceMaker, pieceMaker } from './reading-pieces.ts'
import { type ReadingProgress, readingProgress } from './reading-progress.ts'
import type { WindrowProcess } from './windrow-process.ts'

/** How many members share the work, round after round; a turn further each time that all faults have been. */
const MEMBERS = [1, 2, 4]
const PRODUCE_MS = 90_000
const CATCH_UP_MS = 90_000
/** A producer that was told to try again later, for the broker was away. */
const ATTEMPTS = 4
/** From the first readings of a round to the fault. */
const LONGEST_WAIT_MS = 500
/** Of a producer, until one has been seen. */
const FIRST_LIFE_MS = 3_000

export interface KafkaChaosOptions {
  /** For everything; removed by the caller. */
  readonly folder: string
  readonly rounds: number
  readonly seed: number
  readonly tell: (line: string) => void
}

export interface KafkaChaosOutcome {
  readonly same: boolean
  readonly verdict: string
}

interface Scene {
  readonly kafka: Kafka
  readonly crowd: Crowd
  readonly progress: ReadingProgress
  readonly pieces: PieceMaker
  readonly random: Random
  readonly tell: (line: string) => void
}

/** What the faults met. */
interface Tally {
  readonly strikes: Map<string, number>
  /** Faults while producers were publishing, or readings not yet committed. */
  midWork: number
  /** Why producers gave up, who were started again. */
  readonly gaveUp: Map<string, number>
  /** How long producers live whom nothing happens to, of late. */
  lifeMs: number
}

/**
 * Publishes and processes on a broker of its own while one fault a round strikes, then compares with what the embedded log says of the
 * same readings. Rejects when something fails or takes too long; leaves no process behind.
 */
export async function kafkaChaos({ folder, rounds, seed, tell }: KafkaChaosOptions): Promise<KafkaChaosOutcome> {
  const random = seededRandom(seed)
  const pieces = await pieceMaker(join(folder, 'pieces'), rounds, random.fork())
  await mkdir(join(folder, 'exports-calm'))
  await mkdir(join(folder, 'exports-kafka'))
  const kafka = await startKafka()
  const crowd = kafkaCrowd(folder, kafka.brokers)
  const progress = await readingProgress(kafka.brokers)
  const tally: Tally = { strikes: new Map(), midWork: 0, gaveUp: new Map(), lifeMs: FIRST_LIFE_MS }
  try {
    const scene = { kafka, crowd, progress, pieces, random, tell }
    for (let round = 0; round < rounds; round++) await liveThrough(scene, tally, round, rounds)
    tell(summaryOf(tally))
    for (const member of [...crowd.members]) await crowd.dismiss(member)
    await crowd.succeed(['run', '--until-end', '--sinks', 'none'])
    const chaos = await exportViews(join(folder, 'exports-kafka'), (args) => crowd.succeed(args))
    await crowd.succeed(['audit', '--full'], { prints: true })
    const calm = await calmly(crowd, await pieces.whole(), join(folder, 'exports-calm'))
    return compareViews(calm, chaos)
  } finally {
    await crowd.killAll()
    await progress.close()
    await kafka.stop()
  }
}

async function calmly(crowd: Crowd, pieces: readonly Piece[], folder: string) {
  const succeed = (args: readonly string[]) => crowd.succeed(args, { embedded: true })
  for (const piece of pieces) await succeed(publishing(piece))
  await succeed(['run', '--until-end', '--sinks', 'none'])
  return exportViews(folder, succeed)
}

async function liveThrough(scene: Scene, tally: Tally, round: number, rounds: number): Promise<void> {
  const { kafka, crowd, progress, pieces, random, tell } = scene
  const began = performance.now()
  const fault = kafkaFaults[round % kafkaFaults.length] as (typeof kafkaFaults)[number]
  const turn = round + Math.floor(round / kafkaFaults.length)
  const count = MEMBERS[turn % MEMBERS.length] as number
  await scaleTo(crowd, count, random)
  const before = await progress.ends()
  const producers: WindrowProcess[] = []
  const published = Promise.all(
    (await pieces.ofRound()).map((piece, i) => publish(crowd, tally, piece, (producer) => (producers[i] = producer))),
  )
  // Whoever waits for it may be busy with the fault when it rejects.
  published.catch(() => undefined)
  if (fault.name === 'producer killed') await sleep((tally.lifeMs * random.int(30, 100)) / 100)
  else {
    await until(PRODUCE_MS, async () => ((await progress.ends()) > before ? null : 'the first readings of a round'))
    await sleep(random.int(0, LONGEST_WAIT_MS))
  }
  const busy = producers.some(({ runs }) => runs) || (await progress.behind()).length > 0
  if (busy) tally.midWork += 1
  tally.strikes.set(fault.name, (tally.strikes.get(fault.name) ?? 0) + 1)
  const what = await fault.strike({ kafka, crowd, producers }, random)
  await published
  await untilCaughtUp(crowd, progress)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  tell(`round ${round + 1} of ${rounds}: ${fault.name} (${what}), ${count} members${busy ? ', at work' : ''}: ${seconds} s`)
}

/** Starts a producer, again if it is killed or gives up, until its piece is published. */
async function publish(crowd: Crowd, tally: Tally, piece: Piece, onStart: (producer: WindrowProcess) => void): Promise<void> {
  for (let attempt = 1; ; ) {
    const began = performance.now()
    const producer = crowd.produce(piece)
    onStart(producer)
    const ending = await within(producer.ended, PRODUCE_MS, () => `${producer.name} to end; it told:\n${producer.told()}`)
    if (ending === 'exit code 0') {
      tally.lifeMs += (performance.now() - began - tally.lifeMs) / 4
      return
    }
    if (ending === 'SIGKILL') continue
    if (attempt === ATTEMPTS) throw new Error(`${producer.name} ended with ${ending} again; it told:\n${producer.told()}`)
    attempt += 1
    const reason =
      producer
        .told()
        .match(/^WR_[A-Z_]+/gm)
        ?.at(-1) ?? ending
    tally.gaveUp.set(reason, (tally.gaveUp.get(reason) ?? 0) + 1)
  }
}

async function scaleTo(crowd: Crowd, count: number, random: Random): Promise<void> {
  while (crowd.members.length > count) await crowd.dismiss(random.pick(crowd.members))
  while (crowd.members.length < count) crowd.addMember()
}

async function untilCaughtUp(crowd: Crowd, progress: ReadingProgress): Promise<void> {
  await until(CATCH_UP_MS, async () => {
    crowd.checkMembers()
    const behind = await progress.behind()
    if (behind.length === 0) return null
    const told = crowd.members.map((member) => `${member.name} told:\n${member.told()}`)
    return `the runners to commit ${behind.join(', ')}\n${told.join('\n')}`
  })
  crowd.checkMembers()
}

function summaryOf({ strikes, midWork, gaveUp }: Tally): string {
  const listed = (counts: ReadonlyMap<string, number>) => [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
  const total = [...strikes.values()].reduce((sum, count) => sum + count, 0)
  const again = gaveUp.size === 0 ? '' : `; producers gave up and were started again: ${listed(gaveUp)}`
  return `${total} faults, ${midWork} of them in the middle of work: ${listed(strikes)}${again}`
}
