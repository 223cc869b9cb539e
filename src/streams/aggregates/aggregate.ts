import { WindrowError } from '../../core/errors.ts'
import type { PayloadKind } from '../../events/event-type.ts'
import type { Cell } from '../../views/view.ts'
import type { PlanStep } from '../plan.ts'
import type { RowSource } from '../row-source.ts'
import type { Primitive } from './primitive.ts'

/** What an aggregate may know of its window besides its own state. */
export interface WindowFacts {
  readonly minutes: number
  /** Where the window begins. */
  readonly start: number
  /** True once the watermark has reached its end. */
  readonly complete: boolean
  /** The state of the window before, null when that one has no readings. */
  readonly previous: Float64Array | null
}

/** Turns the finished state of a window into a cell. */
export type Finish = (state: Float64Array, facts: WindowFacts) => Cell

/** Where an aggregate finds its columns and puts its primitives. */
export interface AggregateCompiler {
  /** The index of a column in a row; refuses (WR_TOPOLOGY_COLUMN) one that is missing or of another kind. */
  column(name: string, kind: PayloadKind): number
  /** The slot at which the primitive's state begins. The same primitive is computed once. */
  use(primitive: Primitive): number
  /** Says that the aggregate looks at the window before, so that a change there changes this row too. */
  usePrevious(): void
}

/**
 * A column of a row, computed from the readings of a window. `Numbers` and `Flags` are the names of the columns it reads, so
 * that a wrong name does not compile; `T` is the type of its cell.
 */
export interface Aggregate<Numbers extends string = string, T extends Cell = Cell, Flags extends string = never> {
  readonly step: PlanStep
  compile(compiler: AggregateCompiler): Finish
  readonly types?: { readonly numbers: Numbers; readonly flags: Flags; readonly cell: T }
}

export type AggregateSpec = Readonly<Record<string, Aggregate<string, Cell, string>>>

export interface CompiledAggregates {
  readonly slots: number
  readonly primitives: ReadonlyArray<{ readonly primitive: Primitive; readonly at: number }>
  readonly finishes: readonly Finish[]
  readonly mergeable: boolean
  readonly usesPrevious: boolean
  /** The slot of a primitive that was given as extra. */
  readonly extraSlots: readonly number[]
}

/** Lays out the state of a window for a set of aggregates and some primitives that the engine itself needs. */
export function compileAggregates(spec: AggregateSpec, source: RowSource, extras: readonly Primitive[]): CompiledAggregates {
  const primitives: Array<{ primitive: Primitive; at: number }> = []
  let slots = 0
  let usesPrevious = false
  const compiler: AggregateCompiler = {
    column(name, kind) {
      const column = source.columns.get(name)
      if (column !== undefined && column.kind === kind) return column.index
      throw new WindrowError('WR_TOPOLOGY_COLUMN', {
        message: column === undefined ? `There is no column ${name}.` : `The column ${name} is a ${column.kind}, not a ${kind}.`,
        remedy: `Use one of: ${[...source.columns].map(([known, { kind }]) => `${known} (${kind})`).join(', ')}.`,
        kind: 'usage',
        facts: { column: name },
      })
    },
    use(primitive) {
      const known = primitives.find((candidate) => candidate.primitive.id === primitive.id)
      if (known !== undefined) return known.at
      const at = slots
      primitives.push({ primitive, at })
      slots += primitive.slots
      return at
    },
    usePrevious() {
      usesPrevious = true
    },
  }
  const extraSlots = extras.map((primitive) => compiler.use(primitive))
  const finishes = Object.values(spec).map((aggregate) => aggregate.compile(compiler))
  const mergeable = primitives.every(({ primitive }) => primitive.merge !== undefined)
  return { slots, primitives, finishes, mergeable, usesPrevious, extraSlots }
}
