import { type RecordBlock, RecordBlockBuilder } from '../src/core/record-block.ts'
import { airReadings } from '../src/events/air.ts'
import type { AirReading } from '../src/events/reading.ts'
import { readingEncoder } from '../src/events/reading-encoder.ts'

/** A small generator of numbers from 0 to 1 (mulberry32), so that every run has the same workload. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export interface AirWorkload {
  readonly readings: number
  readonly stations: number
  /** Days of event time. */
  readonly days: number
  /** Readings come up to so many minutes out of order. */
  readonly disorderMinutes: number
  /** Share of readings that come a second time. */
  readonly repeated: number
}

/** The first of the benchmark's workloads: 2 M readings of 64 stations over 60 days, up to 5 minutes out of order, 1 % repeated. */
export const AIR_WORKLOAD: AirWorkload = { readings: 2_000_000, stations: 64, days: 60, disorderMinutes: 5, repeated: 0.01 }

/** The readings as blocks of records, in the order of arrival. */
export function* airBlocks(workload: AirWorkload, schemaId: number, recordsABlock = 5_000): Generator<RecordBlock> {
  const random = seeded(42)
  const encoder = readingEncoder(airReadings, schemaId)
  const start = Date.UTC(2025, 0, 1)
  const stepMs = (workload.days * 86_400_000 * workload.stations) / workload.readings
  const builder = new RecordBlockBuilder(1024 * 1024)
  const recent: AirReading[] = []
  for (let i = 0; i < workload.readings; i++) {
    const repeat = recent.length > 0 && random() < workload.repeated
    const reading = repeat ? (recent[Math.floor(random() * recent.length)] as AirReading) : airReading(i, workload, start, stepMs, random)
    if (recent.length < 1000) recent.push(reading)
    else recent[i % 1000] = reading
    builder.add(reading.stationId, encoder.encode(reading))
    if (builder.count === recordsABlock) yield builder.build()
  }
  if (builder.count > 0) yield builder.build()
}

function airReading(i: number, { stations, disorderMinutes }: AirWorkload, start: number, stepMs: number, random: () => number): AirReading {
  const station = i % stations
  const slot = Math.floor(i / stations)
  const disorder = disorderMinutes === 0 ? 0 : Math.floor(random() * disorderMinutes) * 60_000
  const timestamp = Math.floor((start + slot * stepMs - disorder) / 1000) * 1000
  const value = (scale: number) => Math.round(random() * scale * 100) / 100
  return {
    stationId: `station-${String(station).padStart(2, '0')}`,
    timestamp,
    intervalMinutes: 3,
    location: { city: null, country: 'FR', latitude: 48.85, longitude: 2.35, timeZone: 'UTC' },
    revisedAt: null,
    ingestedAt: start + workloadEnd,
    dataOrigin: 'bench',
    co: value(2),
    no2: value(80),
    o3: value(120),
    pm10: value(50),
    pm25: value(30),
    temperature: value(35),
    humidity: value(100),
  }
}

const workloadEnd = 200 * 86_400_000
