import { type Observable, Subject } from 'rxjs'
import { WindrowError } from '../core/errors.ts'
import type { EventType } from '../events/event-type.ts'
import type { Reading } from '../events/reading.ts'
import type { RowChange, View } from '../views/view.ts'
import type { Changes } from './changes.ts'
import { type ViewRows, viewOf } from './operators/to.ts'
import { describe, fingerprintOf, type Plan, planOf } from './plan.ts'

/** A view's logic: from the changes of one event's readings to changed rows. */
export interface Topology {
  readonly name: string
  readonly event: EventType
  readonly view: View
  /** Its steps, as plain data. */
  readonly plan: Plan
  /** Differs whenever the steps differ: a view built by another one has to be built anew. */
  readonly fingerprint: string
  /** A run of its own, with no readings yet. `onRows` is called while `next` runs. */
  start(onRows: (rows: readonly RowChange[]) => void): TopologyRun
}

export interface TopologyRun {
  /** Delivers a batch. When it returns, every operator is done; what an operator threw is thrown here, and then the run is over. */
  next(changes: Changes): void
}

/**
 * Declares a topology. `build` is called once to learn the plan and once a run, so operators keep their state in closures of
 * their own; it must not look at anything but its argument.
 */
export function topology<R extends Reading>(
  name: string,
  event: EventType<R>,
  build: (readings: Observable<Changes<R>>) => Observable<ViewRows>,
): Topology {
  const root: Plan = [{ operator: 'readings', event: event.name }]
  const source = () => describe(new Subject<Changes<R>>(), root) as Subject<Changes<R>>
  const described = build(source())
  const plan = planOf(described)
  const view = viewOf(described)
  if (view === undefined) {
    throw new WindrowError('WR_TOPOLOGY_END', {
      message: `The topology ${name} does not end in to(view).`,
      remedy: 'Let the pipe end with to(theView).',
      kind: 'usage',
    })
  }
  return {
    name,
    event,
    view,
    plan,
    fingerprint: fingerprintOf(plan),
    start(onRows) {
      const readings = source()
      return run(name, (changes) => readings.next(changes as Changes<R>), build(readings), onRows)
    },
  }
}

function run(
  name: string,
  deliver: (changes: Changes) => void,
  output: Observable<ViewRows>,
  onRows: (rows: readonly RowChange[]) => void,
): TopologyRun {
  let delivering = false
  let ended = false
  const failures: unknown[] = []
  const fail = (error: unknown) => {
    failures.push(error)
  }
  output.subscribe({
    next: (batch) => {
      if (!delivering) return fail(asynchronous(name))
      ended ||= batch.last
      try {
        if (batch.rows.length > 0) onRows(batch.rows)
      } catch (error) {
        fail(error)
      }
    },
    error: fail,
    complete: () => fail(asynchronous(name)),
  })
  return {
    next(changes) {
      // After a throw RxJS ignores later batches in silence, so a failed run must never be used again.
      if (failures.length > 0) throw failures[0]
      delivering = true
      ended = false
      try {
        deliver(changes)
      } catch (error) {
        fail(error)
      } finally {
        delivering = false
      }
      if (changes.emit && !ended) fail(asynchronous(name))
      if (failures.length > 0) throw failures[0]
    },
  }
}

function asynchronous(name: string): WindrowError {
  return new WindrowError('WR_TOPOLOGY_ASYNC', {
    message: `An operator of the topology ${name} let a batch wait, dropped it or ended the stream.`,
    remedy: 'Use synchronous operators only: no delay, debounce, take, mergeMap of promises or the like.',
    facts: { topology: name },
  })
}
