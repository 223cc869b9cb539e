import type { EventType } from '../../src/events/event-type.ts'
import type { Reading } from '../../src/events/reading.ts'

/** What a workload is made from: the same numbers give the same readings in the same order, in every process. */
export interface WorkloadSpec {
  readonly kind: 'air' | 'weather'
  /** With the repeated ones. */
  readonly readings: number
  readonly stations: number
  /** From one reading of a station to its next, and the interval that each stands for. */
  readonly intervalMinutes: number
  /** Readings arrive up to so many minutes late, each by a time of its own. */
  readonly delayMinutes: number
  /** One of so many that arrive is a repetition of an earlier one; 0: none is. */
  readonly repeatEvery: number
  readonly order: 'by time' | 'shuffled'
}

/** Makes readings by their index: that of station `index % stations` in its slot `floor(index / stations)`. */
export interface Workload {
  readonly event: EventType
  keyOf(index: number): string
  reading(index: number): Reading
}

/** Slot 0 of every station begins here. */
export const WORKLOAD_START = Date.UTC(2025, 0, 1)
