import type { EventType } from '../events/event-type.ts'
import type { Changes } from '../streams/changes.ts'
import type { ReadingStore } from './reading-store.ts'

const NONE = new Int32Array(0)
const NO_NUMBERS = new Float64Array(0)

/** A batch without changes that asks for the rows touched since the last one. */
export function emission(view: ReadingStore, event: EventType): Changes {
  return {
    event,
    view,
    count: 0,
    keys: NONE,
    subKeys: NONE,
    timestamps: NO_NUMBERS,
    rows: NO_NUMBERS,
    rowAt: NONE,
    previous: NO_NUMBERS,
    previousAt: NONE,
    arrivals: null,
    emit: true,
  }
}
