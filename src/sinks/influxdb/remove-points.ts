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

type Fate = 'removed' | 'rewritten'

interface Station {
  readonly keyTexts: readonly string[]
  /** By time; null for a point that has to stay. */
  readonly fates: Map<number, Fate | null>
}

/** The points that are on the server, in runs without one between that has to stay. */
async function runsOf(
  client: InfluxClient,
  plan: PointPlan,
  keys: readonly PointKey[],
  rewritten: readonly PointKey[],
): Promise<Range[]> {
  const fates = new Map<string, Fate>()
  const name = (series: string, at: number): string => `${at} ${series}`
  for (const { keyTexts, at } of rewritten) fates.set(name(seriesName(keyTexts), at), 'rewritten')
  for (const { keyTexts, at } of keys) fates.set(name(seriesName(keyTexts), at), 'removed')
  const stations = new Map<string, Station>()
  for await (const points of pointsIn(client, plan, rangesOf(plan, keys))) {
    for (const { keyTexts, at } of points) {
      const series = seriesName(keyTexts)
      const station = stations.get(series) ?? { keyTexts, fates: new Map<number, Fate | null>() }
      stations.set(series, station)
      station.fates.set(at, fates.get(name(series, at)) ?? null)
    }
  }
  return [...stations.values()].flatMap(stationRuns)
}

/** Runs begin and end with a point that is removed. */
function stationRuns({ keyTexts, fates }: Station): Range[] {
  const runs: Range[] = []
  let isOpen = false
  for (const [at, fate] of [...fates].sort(([a], [b]) => a - b)) {
    const last = runs.at(-1)
    if (fate === null) isOpen = false
    else if (fate === 'removed' && isOpen && last !== undefined) runs[runs.length - 1] = { ...last, to: at }
    else if (fate === 'removed') {
      runs.push({ keyTexts, from: at, to: at })
      isOpen = true
    }
  }
  return runs
}
