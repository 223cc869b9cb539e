import { corruptSegment, MAX_PACKED_BITS, type SegmentReader, type SegmentWriter } from './segment-bytes.ts'
import { findScale, fromWhole, SCALES } from './whole-scale.ts'

/** How a column's values are written: in the low 3 bits of its first byte. */
const ALL_NULL = 0
const RAW = 1
const DISTINCT = 2
const WHOLE = 3
const WHOLE_STEPS = 4
const WHOLE_VARINTS = 5
/** In the first byte: which rows are null follows as a bit a row. The scale is in the high 4 bits. */
const SOME_NULL = 8

const LOOK_AT_EVERY = 8

// Numbers for one column at a time; encoding is synchronous, so that they can be shared.
let present = new Float64Array(2048)
let wholes = new Float64Array(2048)
let steps = new Float64Array(2048)

function makeRoom(count: number): void {
  if (present.length >= count) return
  present = new Float64Array(count * 2)
  wholes = new Float64Array(count * 2)
  steps = new Float64Array(count * 2)
}

/** `count` values, NaN for null: from `at` on, each `stride` further. */
export interface Column {
  readonly values: Float64Array
  readonly at: number
  readonly stride: number
  readonly count: number
}

/** Every value but NaN comes back bit by bit. Chooses about the smallest of its ways. */
export function writeColumn(writer: SegmentWriter, column: Column): void {
  const { values, stride, count } = column
  makeRoom(count)
  let n = 0
  for (let i = 0, at = column.at; i < count; i++, at += stride) {
    const value = values[at] as number
    // NaN is overwritten by the next.
    present[n] = value
    if (!Number.isNaN(value)) n++
  }
  if (n === 0) {
    writer.byte(ALL_NULL)
    return
  }
  const flags = n < count ? SOME_NULL : 0
  const scale = findScale(present, n, wholes)
  if (scale < 0) writeUnscaled(writer, flags, column, n)
  else writeWhole(writer, flags | (scale << 4), column, n)
}

/** Reads what `writeColumn` wrote into `values`. */
export function readColumn(reader: SegmentReader, values: Float64Array, count: number): void {
  makeRoom(count)
  const head = reader.byte()
  const way = head & 7
  if (way === ALL_NULL) {
    values.fill(Number.NaN, 0, count)
    return
  }
  const n = (head & SOME_NULL) === 0 ? count : readNulls(reader, values, count)
  if (way === RAW) {
    for (let i = 0; i < n; i++) present[i] = reader.double()
  } else if (way === DISTINCT) {
    readDistinct(reader, n)
  } else {
    readWhole(reader, way, head >> 4, n)
  }
  if (n === count) {
    for (let i = 0; i < count; i++) values[i] = present[i] as number
    return
  }
  for (let i = 0, next = 0; i < count; i++) {
    if (values[i] === 1) values[i] = present[next++] as number
    else values[i] = Number.NaN
  }
}

function writeHead(writer: SegmentWriter, head: number, { values, at, stride, count }: Column): void {
  writer.byte(head)
  if ((head & SOME_NULL) === 0) return
  for (let i = 0; i < count; i++) steps[i] = Number.isNaN(values[at + i * stride] as number) ? 0 : 1
  writer.packed(steps, count, 1)
}

/** Marks the rows that have a value with 1 and gives their number. */
function readNulls(reader: SegmentReader, values: Float64Array, count: number): number {
  reader.packed(values, count, 1)
  let n = 0
  for (let i = 0; i < count; i++) n += values[i] as number
  return n
}

function writeUnscaled(writer: SegmentWriter, flags: number, column: Column, n: number): void {
  const numbers = new Map<number, number>()
  let hasNegativeZero = false
  for (let i = 0; i < n; i++) {
    const value = present[i] as number
    // A Map takes the two zeros for one.
    if (Object.is(value, -0)) hasNegativeZero = true
    if (!numbers.has(value)) numbers.set(value, numbers.size)
  }
  const bits = bitsOf(numbers.size - 1)
  if (hasNegativeZero || bits > MAX_PACKED_BITS || numbers.size * 8 + packedBytes(n, bits) + 2 >= n * 8) {
    writeHead(writer, flags | RAW, column)
    for (let i = 0; i < n; i++) writer.double(present[i] as number)
    return
  }
  writeHead(writer, flags | DISTINCT, column)
  writer.unsigned(numbers.size)
  for (const value of numbers.keys()) writer.double(value)
  for (let i = 0; i < n; i++) wholes[i] = numbers.get(present[i] as number) as number
  writer.packed(wholes, n, bits)
}

function readDistinct(reader: SegmentReader, n: number): void {
  const size = reader.unsigned()
  if (size === 0 || size > n) throw corruptSegment('has a list of values of the wrong length')
  for (let i = 0; i < size; i++) wholes[i] = reader.double()
  reader.packed(steps, n, bitsOf(size - 1))
  for (let i = 0; i < n; i++) {
    const number = steps[i] as number
    if (number >= size) throw corruptSegment('names a value that is not in its list')
    present[i] = wholes[number] as number
  }
}

/** Writes `wholes` as multiples of their greatest common step above the least, or above the least difference, or one by one. */
function writeWhole(writer: SegmentWriter, flags: number, column: Column, n: number): void {
  const step = commonStep(n)
  const { least, greatest, leastStep, greatestStep } = spread(n, step)
  const bits = bitsOf((greatest - least) / step)
  const stepBits = n > 1 ? bitsOf(greatestStep - leastStep) : 0
  const direct = bits > MAX_PACKED_BITS ? Number.POSITIVE_INFINITY : packedBytes(n, bits)
  const byStep = stepBits > MAX_PACKED_BITS ? Number.POSITIVE_INFINITY : packedBytes(n - 1, stepBits) + varintBytesOf(leastStep)
  const packed = Math.min(direct, byStep)
  // A difference is a byte at least when written alone, so mostly there is nothing to weigh.
  const isPacked = packed < n || packed <= varintBytesAbout(n, step)
  if (isPacked && direct <= byStep) {
    writeWholeHead(writer, flags | WHOLE, column, least, step)
    inSteps(n, least, step)
    writer.byte(bits)
    writer.packed(steps, n, bits)
    return
  }
  writeWholeHead(writer, flags | (isPacked ? WHOLE_STEPS : WHOLE_VARINTS), column, wholes[0] as number, step)
  if (!isPacked) {
    for (let i = 1; i < n; i++) writer.signed(((wholes[i] as number) - (wholes[i - 1] as number)) / step)
    return
  }
  for (let i = 1; i < n; i++) steps[i - 1] = ((wholes[i] as number) - (wholes[i - 1] as number)) / step - leastStep
  writer.signed(leastStep)
  writer.byte(stepBits)
  writer.packed(steps, n - 1, stepBits)
}

/** The ends of `wholes`, and of the differences from one to the next in steps. */
function spread(n: number, step: number) {
  let before = wholes[0] as number
  let least = before
  let greatest = before
  let leastDifference = Number.POSITIVE_INFINITY
  let greatestDifference = Number.NEGATIVE_INFINITY
  for (let i = 1; i < n; i++) {
    const whole = wholes[i] as number
    const difference = whole - before
    if (whole < least) least = whole
    if (whole > greatest) greatest = whole
    if (difference < leastDifference) leastDifference = difference
    if (difference > greatestDifference) greatestDifference = difference
    before = whole
  }
  return { least, greatest, leastStep: leastDifference / step, greatestStep: greatestDifference / step }
}

/** How many steps each of `wholes` is above the least. */
function inSteps(n: number, least: number, step: number): void {
  // Division takes longer than all the rest.
  if (step === 1) for (let i = 0; i < n; i++) steps[i] = (wholes[i] as number) - least
  else for (let i = 0; i < n; i++) steps[i] = ((wholes[i] as number) - least) / step
}

/** What all differences would take one by one, by some of them: it decides about the size alone. */
function varintBytesAbout(n: number, step: number): number {
  let bytes = 0
  let looked = 0
  for (let i = 1; i < n; i += LOOK_AT_EVERY, looked++)
    bytes += varintBytesOf(((wholes[i] as number) - (wholes[i - 1] as number)) / step)
  return (bytes / looked) * (n - 1)
}

function writeWholeHead(writer: SegmentWriter, head: number, column: Column, first: number, step: number): void {
  writeHead(writer, head, column)
  writer.signed(first)
  writer.unsigned(step)
}

function readWhole(reader: SegmentReader, way: number, scale: number, n: number): void {
  if (scale >= SCALES) throw corruptSegment('has a column of an unknown scale')
  const first = reader.signed()
  const step = reader.unsigned()
  if (way === WHOLE) {
    reader.packed(steps, n, reader.byte())
    for (let i = 0; i < n; i++) present[i] = fromWhole(first + (steps[i] as number) * step, scale)
    return
  }
  if (way === WHOLE_STEPS) {
    const least = reader.signed()
    reader.packed(steps, n - 1, reader.byte())
    for (let i = 0; i < n - 1; i++) steps[i] = (steps[i] as number) + least
  } else if (way === WHOLE_VARINTS) {
    for (let i = 0; i < n - 1; i++) steps[i] = reader.signed()
  } else {
    throw corruptSegment('has a column written in an unknown way')
  }
  let whole = first
  present[0] = fromWhole(whole, scale)
  for (let i = 1; i < n; i++) {
    whole += (steps[i - 1] as number) * step
    present[i] = fromWhole(whole, scale)
  }
}

/** The greatest number that divides all differences between `wholes`, 1 where all are the same. */
function commonStep(n: number): number {
  let before = wholes[0] as number
  let step = 0
  let last = 0
  for (let i = 1; i < n && step !== 1; i++) {
    const whole = wholes[i] as number
    let a = Math.abs(whole - before)
    before = whole
    // Most are as far from each other as the two before; the remainder of a division takes long.
    if (a === last || a === 0) continue
    last = a
    if (step === 0) {
      step = a
      continue
    }
    for (a %= step; a !== 0; ) {
      const rest = step % a
      step = a
      a = rest
    }
  }
  return step === 0 ? 1 : step
}

function bitsOf(greatest: number): number {
  return greatest < 2 ** 31 ? 32 - Math.clz32(greatest) : 53
}

function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8)
}

function varintBytesOf(value: number): number {
  const size = value < 0 ? -value * 2 : value * 2
  if (size < 128) return 1
  if (size < 16384) return 2
  return size < 2097152 ? 3 : size < 268435456 ? 4 : 8
}
