import { DAY_MS } from '../../../core/calendar.ts'
import { WindrowError } from '../../../core/errors.ts'
import type { Cell, View, ViewColumn } from '../../../views/view.ts'

/**
 * Which file of a view a row is in: a function of its key and of the number of parts that its month has, so that no key ever moves from one
 * file to another, which a reader might find in both or in none.
 */
export interface GoldLayout {
  /** `gold/weather_daily/`. */
  readonly folder: string
  /** What of a key decides: `2025-01-31`, empty for views without time. Throws WR_ROW_REFUSED where the time is none. */
  slotOf(keyCells: readonly Cell[]): string
  /** Throws WR_ROW_REFUSED where a cell has no value of its column's type in Parquet. */
  check(cells: readonly Cell[]): void
  /** The month of a slot, empty for views without time. */
  monthOf(slot: string): string
  /** How many parts a month of so many rows is to have. */
  partsFor(rows: number, rowsPerFile: number): number
  fileOf(slot: string, parts: number): string
  /** Null for a name that is none of this view's files. */
  parse(name: string): { readonly month: string; readonly parts: number } | null
}

/** A month has 31 days at most: a part is one day or several that follow each other. */
const PARTS = [1, 2, 4, 8, 16, 31]
const DAYS = 31
const ISO_INSTANT = /^(.+-\d\d)-(\d\d)T/
const ISO_MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/

export function goldLayout(view: View): GoldLayout {
  const index = view.key.findIndex(({ type }) => type === 'instant' || type === 'day' || type === 'month')
  const time = view.key[index]
  // The name of a view is one of a topic and of an Avro record too: nothing in it leads elsewhere.
  const folder = `gold/${view.name}/`
  const label = monthLabel(view, time)
  const hasDays = time !== undefined && time.type !== 'month'
  const days = view.columns.map(({ type }, i) => (type === 'day' ? i : -1)).filter((i) => i >= 0)

  return {
    folder,
    slotOf: (keyCells) => (time === undefined ? '' : slotOf(view, time, keyCells[index] as Cell)),
    check(cells) {
      for (const i of days) {
        const cell = cells[i] ?? null
        if (cell !== null && !isDay(cell)) throw refused(view, view.columns[i] as ViewColumn, cell)
      }
    },
    monthOf: (slot) => (hasDays ? slot.slice(0, -3) : slot),
    partsFor: (rows, rowsPerFile) => (hasDays ? (PARTS.find((parts) => rows <= parts * rowsPerFile) ?? DAYS) : 1),
    fileOf(slot, parts) {
      if (time === undefined) return `${folder}${partName(0, 1)}`
      const month = hasDays ? slot.slice(0, -3) : slot
      const part = hasDays ? Math.floor(((Number(slot.slice(-2)) - 1) * parts) / DAYS) : 0
      return `${folder}${label}=${month}/${partName(part, parts)}`
    },
    parse(name) {
      if (!name.startsWith(folder)) return null
      const match = /^(?:([a-z_]+)=([^/]+)\/)?part-(\d{5})(?:-of-(\d{5}))?\.parquet$/.exec(name.slice(folder.length))
      if (match === null || match[1] !== (time === undefined ? undefined : label)) return null
      const parts = Number(match[4] ?? 1)
      const isOurs = PARTS.includes(parts) && Number(match[3]) < parts && (hasDays || parts === 1)
      return isOurs && partName(Number(match[3]), parts) === name.slice(name.lastIndexOf('/') + 1)
        ? { month: match[2] ?? '', parts }
        : null
    },
  }
}

/** Of the days that were asked for last: to make a date of every row takes longer than all else that is done with it. */
const slots = new Map<number, string>()
const MOST_SLOTS = 50_000

function instantSlot(at: number): string {
  const day = Math.floor(at / DAY_MS)
  const known = slots.get(day)
  if (known !== undefined) return known
  const match = ISO_INSTANT.exec(new Date(at).toISOString())
  const slot = match === null ? '' : `${match[1]}-${match[2]}`
  if (slots.size >= MOST_SLOTS) slots.clear()
  slots.set(day, slot)
  return slot
}

function slotOf(view: View, time: ViewColumn, cell: Cell): string {
  switch (time.type) {
    case 'instant':
      return instantSlot(Number(cell))
    case 'day':
      if (isDay(cell)) return String(cell)
      break
    default:
      if (ISO_MONTH.test(String(cell))) return String(cell)
  }
  throw refused(view, time, cell)
}

/** `part-00003-of-00008.parquet`: how many there are is in the name, so that it is known as long as one of them is there. */
function partName(part: number, parts: number): string {
  const number = (value: number): string => String(value).padStart(5, '0')
  return parts === 1 ? `part-${number(part)}.parquet` : `part-${number(part)}-of-${number(parts)}.parquet`
}

/** Readers take the folder for a column, which would hide one of that name with other values in it. */
function monthLabel(view: View, time: ViewColumn | undefined): string {
  const names = new Set(view.columns.map(({ column }) => column.toLowerCase()))
  if (time?.type === 'month' && time.column === 'month') return 'month'
  let label = 'month'
  while (names.has(label)) label = `windrow_${label}`
  return label
}

function isDay(cell: Cell): boolean {
  const at = Date.parse(`${cell}T00:00:00Z`)
  return Number.isFinite(at) && new Date(at).toISOString().slice(0, 10) === cell
}

function refused(view: View, { column, type }: ViewColumn, cell: Cell): WindrowError {
  return new WindrowError('WR_ROW_REFUSED', {
    message: `${view.name}.${column} cannot be ${JSON.stringify(cell)} in a file of the lake: it is a ${type}`,
    remedy: 'Let the topology set the column to a value of its type.',
    facts: { view: view.name, column, type },
  })
}
