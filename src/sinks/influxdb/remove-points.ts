import type { InfluxClient } from './influx-client.ts'
import type { PointPlan } from './point-plan.ts'
import { keyTagTexts, type PointKey, pointsIn, type Range, rangesOf, seriesName } from './stored-points.ts'

/** So few points are deleted one by one, without looking at what is between them. */
const FEW = 3

/**
 * Deletes points, whatever their other tags are. A delete takes some milliseconds whatever it deletes, so that many of a station become one
 * where nothing but them is between: or points of `rewritten`, which the caller writes anew after this.
 */
export async function removePoints(
  client: InfluxClient,
  plan: PointPlan,
  keys: readonly PointKey[],
  rewritten: readonly PointKey[],
): Promise<void> {
  const ranges =
    keys.length <= FEW
      ? keys.map(({ keyTexts, at }): Range => ({ keyTexts, from: at, to: at }))
      : await runsOf(client, plan, keys, rewritten)
  for (const { keyTexts, from, to } of ranges) {
    await client.remove({ measurement: plan.view.name, tags: keyTagTexts(plan, keyTexts), from, to })
  }
}

/** The points of a station that are to be removed. What is between them takes no memory. */
interface Station {
  readonly keyTexts: readonly string[]
  /** Ascending. */
  readonly times: readonly number[]
  readonly rewritten: ReadonlySet<number>
  /** Which of them are on the server. */
  readonly there: Set<number>
  /** Index of those times before which there is a point that has to stay. */
  readonly blocked: Set<number>
}

/** The points that are on the server, in runs without one between that has to stay. */
async function runsOf(
  client: InfluxClient,
  plan: PointPlan,
  keys: readonly PointKey[],
  rewritten: readonly PointKey[],
): Promise<Range[]> {
  const stations = stationsOf(keys, rewritten)
  for await (const points of pointsIn(client, plan, rangesOf(plan, keys))) {
    for (const { keyTexts, at } of points) {
      const station = stations.get(seriesName(keyTexts))
      if (station !== undefined && !station.rewritten.has(at)) meet(station, at)
    }
  }
  return [...stations.values()].flatMap(stationRuns)
}

function stationsOf(keys: readonly PointKey[], rewritten: readonly PointKey[]): Map<string, Station> {
  const times = timesOf(keys)
  const others = timesOf(rewritten)
  return new Map(
    [...times].map(([series, { keyTexts, at }]) => {
      // Some are both: they are removed before they are written.
      const kept = [...(others.get(series)?.at ?? [])].filter((each) => !at.has(each))
      const sorted = [...at].sort((a, b) => a - b)
      return [series, { keyTexts, times: sorted, rewritten: new Set(kept), there: new Set(), blocked: new Set() }]
    }),
  )
}

function timesOf(keys: readonly PointKey[]): Map<string, { readonly keyTexts: readonly string[]; readonly at: Set<number> }> {
  const found = new Map<string, { readonly keyTexts: readonly string[]; readonly at: Set<number> }>()
  for (const { keyTexts, at } of keys) {
    const series = seriesName(keyTexts)
    const times = found.get(series) ?? { keyTexts, at: new Set() }
    found.set(series, times)
    times.at.add(at)
  }
  return found
}

function meet({ times, there, blocked }: Station, at: number): void {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) < at) low = middle + 1
    else high = middle
  }
  if (times[low] === at) there.add(at)
  else blocked.add(low)
}

function stationRuns({ keyTexts, times, there, blocked }: Station): Range[] {
  const runs: Range[] = []
  let isOpen = false
  for (const [i, at] of times.entries()) {
    if (blocked.has(i)) isOpen = false
    if (!there.has(at)) continue
    const last = runs.at(-1)
    if (isOpen && last !== undefined) runs[runs.length - 1] = { ...last, to: at }
    else runs.push({ keyTexts, from: at, to: at })
    isOpen = true
  }
  return runs
}
