import { partitionOf } from '../../src/core/murmur2.ts'
import type { Place, Reading } from '../../src/events/reading.ts'
import type { EventName } from '../oracle/oracle.ts'
import { FLAWS, type Flaw } from './flaws.ts'
import type { History, HistoryRecord } from './history.ts'
import { momentsOf, placeIn, ZONES } from './places.ts'
import type { Random } from './random.ts'
import { EVENTS, fieldOfNewSchema } from './record-bytes.ts'
import { airValues, energyValues, weatherValues } from './values.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 1440 * MINUTE
const utf8 = new TextEncoder()

/** Who measures: a station, or one series of a zone. */
interface Sensor {
  readonly key: string
  readonly identity: object
  place: Place
  cadence: number
  /** Start of the next reading that comes in order. */
  next: number
  readonly readings: Reading[]
}

/** What may happen next, and how often it does. */
const STEPS = {
  'next reading': 50,
  'late reading': 12,
  duplicate: 7,
  revision: 9,
  'revision of equal age': 4,
  'revision to nothing': 3,
  'stale revision': 5,
  'revision in another zone': 3,
  'day moves to another zone': 1,
  'station moves': 1,
  'cadence changes': 1,
  flaw: 5,
} as const

type Step = keyof typeof STEPS
type Telling = 'duplicate' | 'stale revision' | `revision${'' | ' of equal age' | ' to nothing' | ' in another zone'}`

/** A short history (10 to 200 records) with whatever upstreams and producers have been seen to do. */
export function generateHistory(random: Random): History {
  const event = random.pick<EventName>(['weather', 'energy', 'air'])
  const partitions = random.pick([1, 1, 2, 3, 4])
  const allowedLatenessMinutes = random.chance(0.25) ? random.pick([0, 60, 360, 1440, 4320]) : null
  const length = random.chance(0.15) ? random.int(100, 200) : random.int(10, 80)
  const world = new World(random, event, partitions)
  while (world.records.length < length) world.step(random.weighted<Step>(STEPS))
  return { event, partitions, allowedLatenessMinutes, records: world.records }
}

class World {
  readonly records: HistoryRecord[] = []
  private readonly random: Random
  private readonly event: EventName
  private readonly partitions: number
  private readonly sensors: Sensor[]
  private revisions = 0

  constructor(random: Random, event: EventName, partitions: number) {
    this.random = random
    this.event = event
    this.partitions = partitions
    this.sensors = this.newSensors()
  }

  step(step: Step): void {
    const { random } = this
    const sensor = random.pick(this.sensors)
    const known = sensor.readings.length > 0 ? random.pick(sensor.readings) : null
    if (known === null || step === 'next reading') this.publish(sensor, this.nextReading(sensor))
    else if (step === 'flaw') this.publishFlawed(sensor, known)
    else if (step === 'station moves') sensor.place = placeIn(random.pick(ZONES))
    else if (step === 'cadence changes') sensor.cadence = random.pick([5, 15, 30, 60])
    else if (step === 'day moves to another zone') this.moveDay(sensor, known)
    else if (step === 'late reading') this.publish(sensor, this.newReading(sensor, this.lateStart(sensor)))
    else this.publish(sensor, { ...known, ...this.changed(step, known) })
  }

  /** What a later telling of a known reading says differently. */
  private changed(step: Telling, known: Reading): Partial<Reading> {
    const { random } = this
    switch (step) {
      case 'duplicate':
        // Clocks of producers differ: what comes again may say that it was published before.
        return { ingestedAt: known.ingestedAt + random.int(-HOUR, DAY), dataOrigin: random.pick(['simulation', 'again']) }
      case 'revision':
        return { ...this.values(), revisedAt: this.newRevision(known), intervalMinutes: this.revisedInterval(known) }
      case 'revision of equal age':
        return this.values()
      case 'revision to nothing':
        return { ...nothing(this.values()), revisedAt: this.newRevision(known) }
      case 'stale revision':
        return { ...this.values(), revisedAt: known.revisedAt === null ? null : random.pick([null, known.revisedAt - 1]) }
      case 'revision in another zone':
        return { location: placeIn(random.pick(ZONES)), revisedAt: this.newRevision(known) }
    }
  }

  private newSensors(): Sensor[] {
    const { random } = this
    const stations = random.int(1, 4)
    const zone = random.pick(ZONES)
    const moment = random.pick(momentsOf(zone))
    const sensors: Sensor[] = []
    for (let i = 0; i < stations; i++) {
      const ownZone = random.chance(0.7) ? zone : random.pick(ZONES)
      const cadence = random.pick([5, 10, 15, 30, 60, 60, 180, 1440, 7, 45])
      const start = (random.chance(0.7) ? moment : random.pick(momentsOf(ownZone))) - random.int(0, 40) * cadence * MINUTE
      const next = random.chance(0.1) ? start + random.int(1, 59_999) : start
      const key = random.pick(['s', 'Zürich ', '東']) + i
      for (const identity of this.identities(key))
        sensors.push({ key, identity, place: placeIn(ownZone), cadence, next, readings: [] })
    }
    return sensors
  }

  private identities(key: string): object[] {
    if (this.event !== 'energy') return [{ stationId: key }]
    const all = [
      { zoneId: key, series: 'consumption', productionType: null },
      { zoneId: key, series: 'production', productionType: 'SOLAR' },
      { zoneId: key, series: 'production', productionType: 'WIND' },
      { zoneId: key, series: 'production', productionType: null },
    ]
    // Mostly the two that are joined, in any order, sometimes one of them alone.
    const kept = all.filter((_, i) => this.random.chance(i < 2 ? 0.9 : 0.25))
    return kept.length > 0 ? kept : all.slice(0, 1)
  }

  private nextReading(sensor: Sensor): Reading {
    const { random } = this
    const reading = this.newReading(sensor, sensor.next)
    const jump = random.chance(0.08) ? random.pick([0, DAY, 31 * DAY, 366 * DAY]) : 0
    sensor.next += (random.chance(0.1) ? random.int(2, 30) : 1) * sensor.cadence * MINUTE + jump
    return reading
  }

  private lateStart(sensor: Sensor): number {
    const { random } = this
    return sensor.next - random.int(1, random.pick([3, 30, 300])) * sensor.cadence * MINUTE
  }

  private newReading(sensor: Sensor, timestamp: number): Reading {
    const reading = {
      ...sensor.identity,
      timestamp,
      intervalMinutes: sensor.cadence,
      location: sensor.place,
      revisedAt: this.random.chance(0.1) ? timestamp + this.random.int(0, DAY) : null,
      ingestedAt: timestamp + this.random.int(0, this.random.pick([3 * HOUR, 3 * DAY, 12 * DAY])),
      dataOrigin: 'simulation',
      ...this.values(),
    }
    return reading
  }

  /** A revision of all readings of a UTC day, so that whole windows are emptied. */
  private moveDay(sensor: Sensor, known: Reading): void {
    const location = placeIn(this.random.pick(ZONES))
    const day = Math.floor(known.timestamp / DAY)
    const latest = new Map(
      sensor.readings
        .filter(({ timestamp }) => Math.floor(timestamp / DAY) === day)
        .map((reading) => [reading.timestamp, reading]),
    )
    for (const reading of latest.values()) this.publish(sensor, { ...reading, location, revisedAt: this.newRevision(reading) })
  }

  private values(): object {
    switch (this.event) {
      case 'weather':
        return weatherValues(this.random)
      case 'energy':
        return energyValues(this.random)
      case 'air':
        return airValues(this.random)
    }
  }

  private newRevision(known: Reading): number {
    this.revisions += 1
    return Math.max(known.revisedAt ?? 0, known.timestamp, 0) + this.revisions * MINUTE
  }

  private revisedInterval(known: Reading): number {
    return this.random.chance(0.15) ? this.random.pick([1, 5, 15, 60, 1440]) : known.intervalMinutes
  }

  private publish(sensor: Sensor, reading: Reading): void {
    const byOlderSchema = this.random.chance(0.04)
    const published = byOlderSchema ? { ...reading, [fieldOfNewSchema(EVENTS[this.event])]: null } : reading
    sensor.readings.push(published)
    this.records.push({ key: sensor.key, partition: this.partitionOf(sensor.key), reading: published, flaw: null, byOlderSchema })
  }

  private publishFlawed(sensor: Sensor, reading: Reading): void {
    const flaw = this.random.pick<Flaw>(this.partitions > 1 ? FLAWS : FLAWS.filter((name) => name !== 'wrong partition'))
    const key = flaw === 'key of another' ? `${sensor.key}'` : sensor.key
    const own = this.partitionOf(key)
    const partition = flaw === 'wrong partition' ? (own + 1) % this.partitions : own
    this.records.push({ key, partition, reading, flaw, byOlderSchema: false })
  }

  private partitionOf(key: string): number {
    return partitionOf(utf8.encode(key), this.partitions)
  }
}

function nothing(values: object): object {
  return Object.fromEntries(Object.keys(values).map((name) => [name, null]))
}
