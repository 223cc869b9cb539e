import type { Cell, View, ViewColumn } from '../../views/view.ts'
import { rowRefused, viewUnfit as unfit } from './influx-errors.ts'
import { escapeMeasurement, escapeTag, fitsTag, nearestTag, quoteField } from './line-text.ts'
import { type PointTime, pointTime } from './point-time.ts'

/** A row as a line of line protocol, and what of it an older point of the same key may have had more of. */
export interface EncodedPoint {
  readonly line: string
  /** The tags that are no part of the key, escaped: with other ones the point belongs to another series. */
  readonly valueTags: string
  /** Numbers of the fields that the line does not have, each followed by a comma. */
  readonly missing: string
}

/** What the server holds of one key, in one series. */
export interface StoredPoint {
  readonly tags: Readonly<Record<string, string>>
  /** By the columns of the answer. */
  readonly values: readonly unknown[]
}

/** How the rows of one view are points: the view's name is the measurement. */
export interface PointPlan {
  readonly view: View
  readonly time: PointTime
  /** Tags that are the key together with the time, by their columns in the view. */
  readonly keyTags: readonly ViewColumn[]
  /** Name and type (`float`, `integer`, `boolean`, `string`) of every field that rows may have. */
  readonly fields: ReadonlyArray<readonly [name: string, type: FieldType]>
  /** Throws WR_ROW_REFUSED for a row that line protocol cannot carry. */
  encode(cells: readonly Cell[]): EncodedPoint
  /** The texts of the key tags. */
  keyTexts(keyCells: readonly Cell[]): readonly string[]
  /** Throws WR_ROW_REFUSED for a key that no point can have. */
  checkKey(keyCells: readonly Cell[]): void
  /** Reads points of an answer with these columns. */
  decoder(columns: readonly string[]): PointDecoder
}

export interface PointDecoder {
  readonly view: View
  /** All cells in the view's order. */
  cells(point: StoredPoint): Cell[]
  keyTexts(point: StoredPoint): string[]
  time(point: StoredPoint): number
  /** As `EncodedPoint` has them. */
  shape(point: StoredPoint): { readonly valueTags: string; readonly missing: string }
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

  function encode(cells: readonly Cell[]): EncodedPoint {
    const tags = tagOf(cells)
    let line = tags.head
    let missing = ''
    let separator = ' '
    for (let i = 0; i < plain.length; i++) {
      const { index, type, name } = fields[i] as Field
      const cell = cells[index] as Cell
      if (cell === null) missing += `${i},`
      else {
        line += separator + heads[i] + fieldText(view, name, type, cell)
        separator = ','
      }
    }
    for (let i = plain.length; i < fields.length; i++) {
      const { index, name } = fields[i] as Field
      if (!tags.inexact.includes(name)) missing += `${i},`
      else {
        line += `${separator}${heads[i]}${quoteField(cells[index] as string)}`
        separator = ','
      }
    }
    if (needsPresent) line += `${separator}${PRESENT}=true`
    return { line: `${line} ${time.of(cells)}`, valueTags: tags.valueTags, missing }
  }

  function decoder(columns: readonly string[]): PointDecoder {
    const at = (name: string): number => columns.indexOf(name)
    const timeAt = at('time')
    const positions = fields.map(({ name }) => at(name))
    const cellAt = (values: readonly unknown[], position: number): Cell => (values[position] ?? null) as Cell
    return {
      view,
      cells({ tags, values }) {
        return view.columns.map((column, index): Cell => {
          if (column === time.column) return time.cell(values[timeAt] as number)
          if (keyTags.includes(column)) return tags[column.column] ?? ''
          const field = fields.findIndex((candidate) => candidate.index === index)
          const value = cellAt(values, positions[field] as number)
          if (!valueTags.includes(column) || value !== null) return value
          return tags[column.column] || null
        })
      },
      keyTexts: ({ tags }) => keyTags.map(({ column }) => tags[column] ?? ''),
      time: ({ values }) => values[timeAt] as number,
      shape({ tags, values }) {
        let missing = ''
        for (let i = 0; i < fields.length; i++) if (cellAt(values, positions[i] as number) === null) missing += `${i},`
        // Also tags that are none of ours: with them a point is in another series.
        const others = Object.entries(tags).filter(([name, text]) => text !== '' && !isKeyTag.has(name))
        return { valueTags: tagText(others.sort(([a], [b]) => (a < b ? -1 : 1))), missing }
      },
    }
  }

  return {
    view,
    time,
    keyTags,
    fields: [...fields.map(({ name, type }) => [name, type] as const), ...(needsPresent ? [[PRESENT, 'boolean'] as const] : [])],
    encode,
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
