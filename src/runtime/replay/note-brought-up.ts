import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../log/port.ts'
import type { CurrentView, GenerationInput } from '../../views/views-current.ts'
import type { ViewReplay } from '../../views/views-replays.ts'
import { changeCurrentViews } from '../live-views.ts'
import { groupsOf, topicOfGroup } from './replay-groups.ts'

/**
 * Notes how far replays have brought generations up to date to go back to them, before their groups are removed: that is what the rows of
 * these generations stand at by now, and where the next way back has to begin.
 */
export async function noteBroughtUp(log: Log, clock: Clock, replays: readonly ViewReplay[]): Promise<void> {
  const rollbacks = replays.filter(({ rollback, state }) => rollback && state !== 'done')
  if (rollbacks.length === 0) return
  await changeCurrentViews(log, clock, async (current, say) => {
    const records: CurrentView[] = []
    for (const replay of rollbacks) {
      const now = current.get(replay.view)
      const previous = now?.previous ?? null
      if (now === undefined || previous === null || previous.topicId !== replay.topicId) continue
      const inputs: GenerationInput[] = []
      for (const input of previous.inputs) inputs.push(await broughtUp(log, replay, input))
      records.push({ ...now, previous: { ...previous, inputs } })
    }
    if (records.length > 0) await say(records)
  })
}

async function broughtUp(log: Log, replay: ViewReplay, input: GenerationInput): Promise<GenerationInput> {
  const offsets = [...input.offsets]
  for (const group of groupsOf(replay)) {
    const topic = await topicOfGroup(log, group)
    if (topic?.id !== input.topicId) continue
    for (const { partition, offset } of await log.groupProgress(group, topic))
      offsets[partition] = Math.max(offsets[partition] ?? 0, offset)
  }
  return { ...input, offsets, builtTo: offsets.map((offset, partition) => Math.max(offset, input.builtTo[partition] ?? 0)) }
}
