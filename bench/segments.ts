// How compactly and how fast segments of a station's day are written and read: `node dist-bench/bench/segments.js`.
import { firstArrival } from '../src/events/arrival.ts'
import { Dictionaries } from '../src/events/dictionaries.ts'
import { ROW_PAYLOAD } from '../src/events/reading-batch.ts'
import { weatherReadings } from '../src/events/weather.ts'
import { decodeSegment, encodeSegment } from '../src/runtime/segment-codec.ts'

const ROUNDS = 300
const kinds = weatherReadings.payload.map(({ kind }) => kind)
const width = ROW_PAYLOAD + kinds.length
const dictionaries = new Dictionaries()
const place = dictionaries.places.idOf({
  city: 'Paris',
  country: 'FR',
  latitude: 48.8566,
  longitude: 2.3522,
  timeZone: 'Europe/Paris',
})
const conditions = ['Clear', 'Cloudy', 'Rain'].map((text) => dictionaries.texts.idOf(text))

/** A day of a station that reports every `minutes`, with values as instruments report them. */
function day(minutes: number, seed: number): { rows: Float64Array; count: number } {
  const count = 1440 / minutes
  const rows = new Float64Array(count * width)
  for (let i = 0; i < count; i++) {
    const noise = (k: number): number => Math.sin(seed * 7.1 + i * k) * 10
    const tenths = (value: number): number => Math.round(value * 10) / 10
    const payload = [
      tenths(15 - 8 * Math.cos((i / count) * 2 * Math.PI) + noise(3) / 20),
      Math.round(70 + noise(1.3)),
      tenths(1015 + noise(0.02)),
      Math.round(Math.abs(noise(2.1)) * 20) / 10 / 3.6,
      (Math.round(Math.abs(noise(0.7)) * 3.6) % 36) * 10,
      i % 9 === 0 ? 0.2 : 0,
      conditions[Math.floor(i / 7) % 3] as number,
      i % 9 === 0 ? 1 : 0,
      0,
      Number.NaN,
      Number.NaN,
    ]
    const start = seed * 86_400_000 + i * minutes * 60_000
    // Published some seconds after the end.
    const arrival = firstArrival(start, start + minutes * 60_000 + 5000 + Math.round(Math.abs(noise(5.3)) * 400))
    rows.set([start, minutes, Number.NaN, place, arrival, ...payload], i * width)
  }
  return { rows, count }
}

function best(days: number, readings: number, run: () => void): string {
  let seconds = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.hrtime.bigint()
    run()
    seconds = Math.min(seconds, Number(process.hrtime.bigint() - began) / 1e9)
  }
  return ((days * readings) / seconds / 1e6).toFixed(2)
}

for (const minutes of [60, 10, 1]) {
  const days = Array.from({ length: 30 }, (_, seed) => day(minutes, seed))
  const encoded = days.map(({ rows, count }) => encodeSegment(rows, count, width, kinds, dictionaries))
  const readings = 1440 / minutes
  const size = encoded.reduce((sum, bytes) => sum + bytes.byteLength, 0) / days.length / readings
  const write = best(days.length, readings, () => {
    for (const { rows, count } of days) encodeSegment(rows, count, width, kinds, dictionaries)
  })
  const read = best(days.length, readings, () => {
    for (const bytes of encoded) decodeSegment(bytes, width, kinds, dictionaries)
  })
  process.stdout.write(
    `every ${minutes} min, ${width} columns: ${size.toFixed(1)} bytes a reading, ${write} M/s written, ${read} M/s read (at best)\n`,
  )
}
