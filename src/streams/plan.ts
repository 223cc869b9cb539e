import { createHash } from 'node:crypto'
import { Observable, type OperatorFunction, type Subscriber } from 'rxjs'
import { WindrowError } from '../core/errors.ts'

/** One step of a topology, as plain data. */
export interface PlanStep {
  readonly operator: string
  readonly [parameter: string]: unknown
}

export type Plan = readonly PlanStep[]

const plans = new WeakMap<object, Plan>()

/** Marks an observable with the steps that lead to it. */
export function describe<T>(observable: Observable<T>, plan: Plan): Observable<T> {
  plans.set(observable, plan)
  return observable
}

/** The steps that lead to an observable. Throws WR_TOPOLOGY_OPAQUE behind an operator that does not describe itself. */
export function planOf(observable: Observable<unknown>): Plan {
  const plan = plans.get(observable)
  if (plan === undefined) {
    throw new WindrowError('WR_TOPOLOGY_OPAQUE', {
      message: 'A topology uses an RxJS operator that cannot be described, so a change of its logic could not be noticed.',
      remedy: 'Wrap it: versioned(1, operator), and raise the number whenever its logic changes.',
      kind: 'usage',
    })
  }
  return plan
}

/** Lets any synchronous RxJS operator stand in a topology: `version` stands for its logic in the fingerprint. */
export function versioned<In, Out>(version: number, operator: OperatorFunction<In, Out>): OperatorFunction<In, Out> {
  return (source) => describe(operator(source), [...planOf(source), { operator: 'versioned', version }])
}

/** A short text that differs whenever two plans differ. */
export function fingerprintOf(plan: unknown): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16)
}

/**
 * Makes an operator of ours: `start` is called once a subscription and returns what handles a batch, synchronously, by calling
 * `emit` any number of times.
 */
export function batchOperator<In, Out>(
  step: PlanStep | ((upstream: Plan) => PlanStep),
  start: () => (batch: In, emit: (out: Out) => void) => void,
): OperatorFunction<In, Out> {
  return (source) => {
    const upstream = planOf(source)
    const out = new Observable<Out>((subscriber: Subscriber<Out>) => {
      const handle = start()
      const emit = (batch: Out) => subscriber.next(batch)
      return source.subscribe({
        next: (batch) => {
          // RxJS would report what an observer throws later, out of sight of whoever delivered the batch.
          try {
            handle(batch, emit)
          } catch (error) {
            subscriber.error(error)
          }
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      })
    })
    return describe(out, [...upstream, typeof step === 'function' ? step(upstream) : step])
  }
}
