import type { GoldLayout } from './gold-layout.ts'
import type { GoldFile } from './gold-state.ts'

/**
 * How many parts each month has. A month that has files keeps what their names say, also while one of them is only about to be written; one that is
 * new gets as many as its rows want, or those of the month before: it may have begun a moment ago.
 */
export function monthParts(
  layout: GoldLayout,
  slots: ReadonlyMap<string, number>,
  names: Iterable<string>,
  files: ReadonlyMap<string, Partial<GoldFile>>,
  { rowsPerFile }: { readonly rowsPerFile: number },
): (month: string) => number {
  const kept = keptParts(layout, names)
  const rows = new Map<string, number>()
  const add = (month: string, count: number): void => void rows.set(month, (rows.get(month) ?? 0) + count)
  for (const [slot, count] of slots) add(layout.monthOf(slot), count)
  const newest = newestMonth(layout, files)
  return (month) => kept.get(month) ?? layout.partsFor(Math.max(rows.get(month) ?? 0, newest), rowsPerFile)
}

/** Where names of a month contradict each other, somebody has put files there: those of the more numerous kind stay. */
function keptParts(layout: GoldLayout, names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, Map<number, number>>()
  for (const name of new Set(names)) {
    const parsed = layout.parse(name)
    if (parsed === null) continue
    const ofMonth = counts.get(parsed.month) ?? new Map<number, number>()
    counts.set(parsed.month, ofMonth)
    ofMonth.set(parsed.parts, (ofMonth.get(parsed.parts) ?? 0) + 1)
  }
  const most = (ofMonth: ReadonlyMap<number, number>): number =>
    [...ofMonth].reduce((best, each) => (each[1] > best[1] ? each : best))[0]
  return new Map([...counts].map(([month, ofMonth]) => [month, most(ofMonth)]))
}

function newestMonth(layout: GoldLayout, files: ReadonlyMap<string, Partial<GoldFile>>): number {
  let [newest, rows] = ['', 0]
  for (const [name, file] of files) {
    const month = layout.parse(name)?.month
    if (month === undefined || month < newest) continue
    rows = (month === newest ? rows : 0) + (file.rows ?? 0)
    newest = month
  }
  return rows
}
