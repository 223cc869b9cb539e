import { randomAt } from './random.ts'
import type { WorkloadSpec } from './workload.ts'

const SALT_DELAY = 101
const SALT_REPEAT = 102
const SALT_SHUFFLE = 103
/** A repeated reading is one of the last so many. */
const REPEATS_WITHIN = 1000
/** Indexes are below this, so that a time in seconds and an index fit into one double. */
const INDEX_LIMIT = 2 ** 22

/**
 * Indexes of readings in the order in which they arrive; one that is repeated stands there twice. Reading i is of station
 * `i % stations`, in its slot `floor(i / stations)`.
 */
export function arrivalsOf(spec: WorkloadSpec): Uint32Array {
  const repeats = spec.repeatEvery === 0 ? 0 : Math.floor(spec.readings / spec.repeatEvery)
  const distinct = spec.readings - repeats
  const arrivals = withRepeats(byArrival(spec, distinct), spec)
  if (spec.order === 'shuffled') shuffle(arrivals)
  return arrivals
}

/** Every reading comes up to `delayMinutes` after its time, so that some come before older ones. */
function byArrival({ stations, intervalMinutes, delayMinutes }: WorkloadSpec, count: number): Float64Array {
  if (count > INDEX_LIMIT) throw new RangeError(`A workload has at most ${INDEX_LIMIT} readings`)
  const order = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const delaySeconds = Math.floor(randomAt(i, SALT_DELAY) * delayMinutes * 60)
    order[i] = (Math.floor(i / stations) * intervalMinutes * 60 + delaySeconds) * INDEX_LIMIT + i
  }
  order.sort()
  for (let k = 0; k < count; k++) order[k] = (order[k] as number) % INDEX_LIMIT
  return order
}

function withRepeats(order: Float64Array, { readings, repeatEvery }: WorkloadSpec): Uint32Array {
  const arrivals = new Uint32Array(readings)
  let next = 0
  for (let k = 0; k < readings; k++) {
    const isRepeat = repeatEvery > 0 && k % repeatEvery === repeatEvery - 1
    if (isRepeat) arrivals[k] = arrivals[k - 1 - Math.floor(randomAt(k, SALT_REPEAT) * Math.min(k, REPEATS_WITHIN))] as number
    else arrivals[k] = order[next++] as number
  }
  return arrivals
}

/** Fisher and Yates' shuffle. */
function shuffle(arrivals: Uint32Array): void {
  for (let k = arrivals.length - 1; k > 0; k--) {
    const other = Math.floor(randomAt(k, SALT_SHUFFLE) * (k + 1))
    const swapped = arrivals[k] as number
    arrivals[k] = arrivals[other] as number
    arrivals[other] = swapped
  }
}
