import { median } from '../measure/percentile.ts'

/** One number that a scenario measured. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** Null where the platform does not say, or `missing` tells why. */
  readonly value: number | null
  /** The values of all rounds, when there was more than one: `value` is their median. */
  readonly rounds?: readonly number[]
  /** What the project wants of it. */
  readonly aim?: { readonly atLeast: number } | { readonly atMost: number }
  /** Why there is no value. */
  readonly missing?: { readonly why: string; readonly isFailure: boolean }
}

type Aim = NonNullable<Figure['aim']>

export function figure(name: string, unit: string, value: number | null, aim?: Aim): Figure {
  return { name, unit, value, ...(aim === undefined ? {} : { aim }) }
}

/** The median of several rounds; null as soon as one has no value. */
export function figureOfRounds(name: string, unit: string, values: ReadonlyArray<number | null>, aim?: Aim): Figure {
  const rounds = values.filter((value) => value !== null)
  if (rounds.length < values.length) return figure(name, unit, null, aim)
  return { ...figure(name, unit, median(rounds), aim), ...(rounds.length > 1 ? { rounds } : {}) }
}

/** Stands for figures that could not be had: what they need is not here, or (a failure) it went wrong. */
export function missingFigure(name: string, why: string, isFailure: boolean): Figure {
  return { name, unit: '1', value: null, missing: { why, isFailure } }
}
