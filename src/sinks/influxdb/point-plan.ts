import type { Cell, View, ViewColumn } from '../../views/view.ts'
import { rowRefused, viewUnfit as unfit } from './influx-errors.ts'
import { escapeMeasurement, escapeTag, fitsTag, nearestTag, quoteField } from './line-text.ts'
import { type PointTime, pointTime } from './point-time.ts'

/** What a point has: its tags beside those of the key, and the fields that it lacks. */
export interface PointShape {
  /** Escaped. With other ones a point belongs to another series. */
  readonly valueTags: string
  /** Numbers of the fields, each followed by a comma. */
  readonly missing: string
}

/** A row as a line of line protocol. */
export interface EncodedPoint extends PointShape {
  readonly line: string
  /** Its time. */
  readonly at: number
}

/** What all points of a series in an answer have in common. */
export interface PointTable {
  readonly tags: Readonly<Record<string, string>>
  readonly columns: readonly string[]
}

/** A point as an answer has it, by the columns of its table. */
export type PointValues = readonly unknown[]

/** How the rows of one view are points: the view's name is the measurement. */
export interface PointPlan {
  readonly view: View
  readonly time: PointTime
  /** Tags that are the key together with the time, by their columns in the view. */
  readonly keyTags: readonly ViewColumn[]
  /** Name and type of every field that rows may have. */
  readonly fields: ReadonlyArray<readonly [name: string, type: FieldType]>
  /** Throws WR_ROW_REFUSED for a row that line protocol cannot carry. */
  encode(cells: readonly Cell[]): EncodedPoint
  /** That of `encode`, for less. */
  shape(cells: readonly Cell[]): PointShape
  /** The texts of the key tags. */
  keyTexts(keyCells: readonly Cell[]): readonly string[]
  /** Throws WR_ROW_REFUSED for a key that no point can have. */
  checkKey(keyCells: readonly Cell[]): void
  decoder(table: PointTable): PointDecoder
}

/** Reads the points of a table. */
export interface PointDecoder {
  readonly view: View
  readonly keyTexts: readonly string[]
  keyCells(values: PointValues): Cell[]
  /** All cells in the view's order. */
  cells(values: PointValues): Cell[]
  time(values: PointValues): number
  shape(values: PointValues): PointShape
}

export type FieldType = 'float' | 'integer' | 'boolean' | 'string'

/** Columns that are tags though they are no part of the key. */
const TAG_COLUMNS = new Set(['city', 'country'])
/** A point has to have a field. Where every column may be null this one is there. */
const PRESENT = 'windrow_present'
/** A tag's text where the tag itself cannot hold it as it is. */
const EXACT = '_exact'

interface Field {
  readonly name: string
  readonly type: FieldType
  /** Of the column in a row. */
  readonly index: number
}

const plans = new WeakMap<View, PointPlan>()

/** Throws WR_INFLUX_VIEW where rows of the view cannot be points. */
export function pointPlan(view: View): PointPlan {
  let plan = plans.get(view)
  if (plan === undefined) {
    plan = makePlan(view)
    plans.set(view, plan)
  }
  return plan
}

function makePlan(view: View): PointPlan {
  const indexOf = (column: ViewColumn): number => view.columns.indexOf(column)
  const time = pointTime(view)
  const keyTags = view.key.filter((column) => column !== time.column)
  const odd = keyTags.find(({ type }) => type !== 'text')
  if (odd !== undefined) throw unfit(view.name, `its key column ${odd.column} is a ${odd.type}, and a tag is a text`)
  const valueTags = view.values
    .filter(({ column, type }) => type === 'text' && TAG_COLUMNS.has(column))
    .sort((a, b) => (a.column < b.column ? -1 : 1))
  const plain = view.values.filter((column) => !valueTags.includes(column))
  const fields: Field[] = [
    ...plain.map((column) => ({ name: column.column, type: fieldType(column), index: indexOf(column) })),
    ...valueTags.map((column) => ({ name: column.column + EXACT, type: 'string' as const, index: indexOf(column) })),
  ]
  const needsPresent = plain.every(({ nullable }) => nullable)
  checkNames(view, [...fields.map(({ name }) => name), ...keyTags.map(({ column }) => column)])
  const heads = fields.map(({ name }) => `${escapeTag(name)}=`)
  const keyIndexes = keyTags.map(indexOf)
  const isKeyTag = new Set(keyTags.map(({ column }) => column))
  const tagOf = tagEncoder(view, keyTags, valueTags)

  function missingOf(cells: readonly Cell[], { inexact }: EncodedTags): string {
    let missing = ''
    for (let i = 0; i < plain.length; i++) if (cells[(fields[i] as Field).index] === null) missing += `${i},`
    for (let i = plain.length; i < fields.length; i++) if (!inexact.includes((fields[i] as Field).name)) missing += `${i},`
    return missing
  }

  function shape(cells: readonly Cell[]): PointShape {
    const tags = tagOf(cells)
    return { valueTags: tags.valueTags, missing: missingOf(cells, tags) }
  }

  function encode(cells: readonly Cell[]): EncodedPoint {
    const tags = tagOf(cells)
    let line = tags.head
    let separator = ' '
    for (let i = 0; i < plain.length; i++) {
      const { index, type, name } = fields[i] as Field
      const cell = cells[index] as Cell
      if (cell === null) continue
      line += separator + heads[i] + fieldText(view, name, type, cell)
      separator = ','
    }
    for (let i = plain.length; i < fields.length; i++) {
      const { index, name } = fields[i] as Field
      if (!tags.inexact.includes(name)) continue
      line += `${separator}${heads[i]}${quoteField(cells[index] as string)}`
      separator = ','
    }
    if (needsPresent) line += `${separator}${PRESENT}=true`
    const at = time.of(cells)
    return { line: `${line} ${at}`, at, valueTags: tags.valueTags, missing: missingOf(cells, tags) }
  }

  function decoder({ tags, columns }: PointTable): PointDecoder {
    const timeAt = columns.indexOf('time')
    const positions = fields.map(({ name }) => columns.indexOf(name))
    const keyTexts = keyTags.map(({ column }) => tags[column] ?? '')
    const cellAt = (values: PointValues, position: number): Cell => (values[position] ?? null) as Cell
    const timeCell = (values: PointValues): Cell => time.cell(values[timeAt] as number)
    const readers = view.columns.map((column, index): ((values: PointValues) => Cell) => {
      if (column === time.column) return timeCell
      const text = tags[column.column] ?? ''
      if (keyTags.includes(column)) return () => text
      const position = positions[fields.findIndex((field) => field.index === index)] as number
      if (!valueTags.includes(column)) return (values) => cellAt(values, position)
      return (values) => cellAt(values, position) ?? (text === '' ? null : text)
    })
    // Also tags that are none of ours: with them a point is in another series.
    const others = Object.entries(tags).filter(([name, text]) => text !== '' && !isKeyTag.has(name))
    const otherTags = tagText(others.sort(([a], [b]) => (a < b ? -1 : 1)))
    return {
      view,
      keyTexts,
      keyCells: (values) => [...keyTexts, timeCell(values)],
      cells: (values) => readers.map((read) => read(values)),
      time: (values) => values[timeAt] as number,
      shape(values) {
        let missing = ''
        for (let i = 0; i < fields.length; i++) if (cellAt(values, positions[i] as number) === null) missing += `${i},`
        return { valueTags: otherTags, missing }
      },
    }
  }

  return {
    view,
    time,
    keyTags,
    fields: [...fields.map(({ name, type }) => [name, type] as const), ...(needsPresent ? [[PRESENT, 'boolean'] as const] : [])],
    encode,
    shape,
    keyTexts: (keyCells) => keyIndexes.map((index) => keyCells[index] as string),
    checkKey(keyCells) {
      time.of(keyCells)
      for (const [i, column] of keyTags.entries()) checkKeyTag(view, column, keyCells[keyIndexes[i] as number] as string)
    },
    decoder,
  }
}

interface EncodedTags {
  /** Measurement and tags, escaped. */
  readonly head: string
  readonly valueTags: string
  /** Names of the fields that hold what a tag cannot. */
  readonly inexact: readonly string[]
}

/** Rows of a station mostly have the same tags: they are escaped once. */
const REMEMBERED_TAGS = 5_000

function tagEncoder(
  view: View,
  keyTags: readonly ViewColumn[],
  valueTags: readonly ViewColumn[],
): (cells: readonly Cell[]) => EncodedTags {
  const remembered = new Map<string, EncodedTags>()
  const columns = [...keyTags, ...valueTags].sort((a, b) => (a.column < b.column ? -1 : 1))
  const indexes = columns.map((column) => view.columns.indexOf(column))
  return (cells) => {
    let name = ''
    // JSON would be slower, and a text cannot be confused with null: null has no length before it.
    for (const index of indexes) {
      const cell = cells[index] as string | null
      name += cell === null ? '-' : `${cell.length}:${cell}`
    }
    const known = remembered.get(name)
    if (known !== undefined) return known
    const encoded = encodeTags(
      view,
      columns.map((column, i) => [column, cells[indexes[i] as number] as string | null]),
    )
    if (remembered.size >= REMEMBERED_TAGS) remembered.clear()
    remembered.set(name, encoded)
    return encoded
  }
}

function encodeTags(view: View, tags: ReadonlyArray<readonly [ViewColumn, string | null]>): EncodedTags {
  const inexact: string[] = []
  const written = tags.map(([column, text]): [ViewColumn, string | null] => {
    if (column.isKey) {
      checkKeyTag(view, column, text as string)
      return [column, text]
    }
    if (text === null || fitsTag(text)) return [column, text]
    inexact.push(column.column + EXACT)
    return [column, nearestTag(text)]
  })
  const named = (some: typeof written): Array<readonly [string, string | null]> =>
    some.map(([column, text]) => [column.column, text])
  return {
    head: escapeMeasurement(view.name) + tagText(named(written)),
    valueTags: tagText(named(written.filter(([column]) => !column.isKey))),
    inexact,
  }
}

function tagText(tags: ReadonlyArray<readonly [string, string | null]>): string {
  return tags.map(([name, text]) => (text === null ? '' : `,${escapeTag(name)}=${escapeTag(text)}`)).join('')
}

function checkKeyTag(view: View, column: ViewColumn, text: string): void {
  if (fitsTag(text)) return
  throw rowRefused(view.name, `${column.column} is ${JSON.stringify(text)}, which no tag can be`, {
    column: column.column,
    value: text,
  })
}

function fieldText(view: View, name: string, type: FieldType, cell: string | number | boolean): string {
  switch (type) {
    case 'float':
      if (Number.isFinite(cell)) return String(cell)
      break
    case 'integer':
      if (Number.isSafeInteger(cell)) return `${cell}i`
      break
    case 'boolean':
      return cell === true ? 'true' : 'false'
    case 'string':
      return quoteField(cell as string)
  }
  throw rowRefused(view.name, `${name} is ${String(cell)}, which is no ${type}`, { column: name })
}

function fieldType({ type }: ViewColumn): FieldType {
  switch (type) {
    case 'double':
      return 'float'
    case 'count':
    case 'instant':
      return 'integer'
    case 'flag':
      return 'boolean'
    case 'text':
    case 'day':
    case 'month':
      return 'string'
  }
}

function checkNames(view: View, names: readonly string[]): void {
  const reserved = names.find((name) => name === 'time' || name === PRESENT || name.startsWith('_'))
  if (reserved !== undefined) throw unfit(view.name, `InfluxDB keeps the name ${reserved} for itself`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw unfit(view.name, `two of its columns would be called ${twice}`)
}
