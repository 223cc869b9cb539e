import type { Log, Topic } from '../../log/port.ts'
import { goldStateName, readGoldState } from '../../sinks/lake/gold/gold-state.ts'
import { readState, stateName, type TopicState } from '../../sinks/lake/state-file.ts'
import type { LakeStorage } from '../../sinks/lake/storage/storage.ts'
import type { Session } from '../session.ts'
import type { LakeLayerName } from './lake-layers.ts'

/** How a part of a lake stands to the log. */
export interface LakeLag {
  readonly layer: LakeLayerName
  /** The topic of readings, or the view. */
  readonly name: string
  /** Records that the log has and the files do not. */
  readonly lag: number
  /** The files go further than the log, or are of another topic of this name: the log was put back, or is another one. */
  readonly isAhead: boolean
}

/** Of every topic of readings and every view that is there. Nothing is made or written; the files themselves are not looked at. */
export async function lakeLags(
  { log, catalogue, topicOfView }: Session,
  storage: LakeStorage,
  layers: readonly string[],
): Promise<LakeLag[]> {
  const lags: LakeLag[] = []
  for (const layer of ['bronze', 'silver'] as const) {
    if (!layers.includes(layer)) continue
    for (const event of catalogue.events) {
      const topic = await log.findTopic(catalogue.topicOf(event))
      if (topic === null) continue
      const state = await readState<TopicState>(storage, stateName(layer, topic.name))
      const isOther = state !== null && state.topicId !== topic.id
      lags.push(await lagOf(log, layer, topic.name, topic, isOther ? [] : (state?.offsets ?? []), isOther))
    }
  }
  if (!layers.includes('gold')) return lags
  for (const view of catalogue.views) {
    const topic = await topicOfView(view)
    if (topic === null) continue
    const state = await readGoldState(storage, goldStateName(view.name))
    // Of another generation nothing is there yet: that is a replay, and mended by itself.
    lags.push(await lagOf(log, 'gold', view.name, topic, state?.topicId === topic.id ? state.ends : [], false))
  }
  return lags
}

async function lagOf(
  log: Log,
  layer: LakeLayerName,
  name: string,
  topic: Topic,
  ends: readonly number[],
  isOther: boolean,
): Promise<LakeLag> {
  let [lag, isAhead] = [0, isOther]
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { start, end } = await log.bounds(topic, partition)
    const offset = ends[partition] ?? 0
    lag += Math.max(0, end - Math.max(start, offset))
    isAhead ||= offset > end
  }
  return { layer, name, lag, isAhead }
}
