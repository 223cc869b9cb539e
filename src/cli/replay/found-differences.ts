import type { ExplainedReading } from '../../runtime/why.ts'
import type { RowDifference } from '../../sinks/compare-store.ts'
import type { View } from '../../views/view.ts'
import type { Session } from '../session.ts'
import type { Cut } from './consistent-cut.ts'
import { readingsBehind } from './readings-behind.ts'

/** A difference to be shown. */
export interface ShownDifference extends RowDifference {
  readonly view: View
  readonly store: string
  /** What the row is made of by the log; empty for a row that it knows nothing of. */
  readonly readings: readonly ExplainedReading[]
}

/** So many are shown of each view and store. */
const SHOWN = 5

/** Keeps the first differences of each view and store. */
export class FoundDifferences {
  private readonly firsts = new Map<string, Array<Omit<ShownDifference, 'readings'>>>()

  add(view: View, store: string, difference: RowDifference): void {
    const place = JSON.stringify([view.name, store])
    const known = this.firsts.get(place) ?? []
    if (known.length < SHOWN) this.firsts.set(place, [...known, { view, store, ...difference }])
  }

  /** The kept ones with the readings behind them. */
  async explained(session: Session, cut: Cut): Promise<ShownDifference[]> {
    const shown = [...this.firsts.values()].flat()
    const behind = await readingsBehind(session, cut, shown)
    return shown.map((difference) => ({ ...difference, readings: behind.get(difference.view.name)?.get(difference.key) ?? [] }))
  }
}
