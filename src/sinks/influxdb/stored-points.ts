import { type InfluxClient, whereTags } from './influx-client.ts'
import { quoteName } from './line-text.ts'
import type { PointDecoder, PointPlan, PointValues } from './point-plan.ts'
import { FIRST_TIME_MS, LAST_TIME_MS } from './point-time.ts'

/** A point with what reads it. */
export interface FoundPoint {
  readonly keyTexts: readonly string[]
  readonly at: number
  readonly values: PointValues
  readonly decoder: PointDecoder
}

/** Where points are asked for: a station, and times both inclusive. */
export interface Range {
  readonly keyTexts: readonly string[]
  readonly from: number
  readonly to: number
}

/** Ranges of one request. */
const RANGES_A_REQUEST = 50
const DAY_MS = 86_400_000

/** The points of the ranges, in pieces, in the order of the ranges; in a range by series, each by time. */
export async function* pointsIn(
  client: InfluxClient,
  plan: PointPlan,
  ranges: readonly Range[],
): AsyncGenerator<readonly FoundPoint[]> {
  for (let i = 0; i < ranges.length; i += RANGES_A_REQUEST) {
    const statements = ranges.slice(i, i + RANGES_A_REQUEST).map((range) => {
      const where = whereTags(keyTagTexts(plan, range.keyTexts), range.from, range.to)
      return `SELECT * FROM ${quoteName(plan.view.name)} WHERE ${where} GROUP BY *`
    })
    for await (const table of client.query(statements)) {
      const decoder = plan.decoder(table)
      const { keyTexts } = decoder
      yield table.values.map((values) => ({ keyTexts, at: decoder.time(values), values, decoder }))
    }
  }
}

export function keyTagTexts(plan: PointPlan, keyTexts: readonly string[]): Array<readonly [string, string]> {
  return plan.keyTags.map(({ column }, i) => [column, keyTexts[i] as string])
}

/** The key's tags as one text. */
export function seriesName(keyTexts: readonly string[]): string {
  return keyTexts.length === 1 ? (keyTexts[0] as string) : JSON.stringify(keyTexts)
}

export interface PointKey {
  readonly keyTexts: readonly string[]
  readonly at: number
}

/** Ranges that hold all these keys, and not many more: keys of a station that are further from each other are asked for apart. */
export function rangesOf(plan: PointPlan, keys: Iterable<PointKey>): Range[] {
  const apartMs = plan.time.column.type === 'instant' ? DAY_MS : 40 * DAY_MS
  const sorted = [...keys].sort((a, b) => {
    const [first, second] = [seriesName(a.keyTexts), seriesName(b.keyTexts)]
    return first < second ? -1 : first > second ? 1 : a.at - b.at
  })
  const ranges: Range[] = []
  for (const { keyTexts, at } of sorted) {
    const last = ranges.at(-1)
    if (last !== undefined && at - last.to <= apartMs && seriesName(last.keyTexts) === seriesName(keyTexts)) {
      ranges[ranges.length - 1] = { ...last, to: at }
    } else ranges.push({ keyTexts, from: at, to: at })
  }
  return ranges
}

/**
 * The texts of the key's tags of all stations that have points, in the order of their names. Points that somebody wrote without such a tag are
 * no rows, and cannot be deleted by it either.
 */
export async function stationsOf(client: InfluxClient, plan: PointPlan): Promise<string[][]> {
  const found = new Map<string, string[]>()
  const tagNames = plan.keyTags.map(({ column }) => quoteName(column)).join(',')
  const groups = tagNames === '' ? '' : ` GROUP BY ${tagNames}`
  // Not from the index of tags: that also has stations that have no points any more.
  const statement = `SELECT * FROM ${quoteName(plan.view.name)} WHERE ${whereTags([], FIRST_TIME_MS, LAST_TIME_MS)}${groups} LIMIT 1`
  for await (const { tags } of client.query([statement])) {
    const texts = plan.keyTags.map(({ column }) => tags[column] ?? '')
    if (!texts.includes('')) found.set(seriesName(texts), texts)
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, texts]) => texts)
}

/** All points of a view, station by station; of a station by series, each by time. */
export async function* allPoints(client: InfluxClient, plan: PointPlan): AsyncGenerator<readonly FoundPoint[]> {
  for (const keyTexts of await stationsOf(client, plan)) {
    yield* pointsIn(client, plan, [{ keyTexts, from: FIRST_TIME_MS, to: LAST_TIME_MS }])
  }
}
