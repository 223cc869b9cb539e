import type { Clock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { CurrentView, Generation, GenerationInput } from '../../views/views-current.ts'
import { changeCurrentViews } from '../live-views.ts'
import type { InputOffsets } from './builder.ts'
import type { PlannedView, ReplayPlan } from './replay-plan.ts'
import { rowsStand, tasksProgress } from './rows-stand.ts'

export interface FlipOptions {
  readonly log: Log
  readonly clock: Clock
  readonly plan: ReplayPlan
  readonly inputs: ReadonlyMap<string, Topic>
  /** What the new generations stand at. */
  readonly built: InputOffsets
  /** By view: what rows that are taken over from the generation before stand at for certain. */
  readonly copied: ReadonlyMap<string, InputOffsets>
}

/** Lets the generations of a plan become current, all at once. WR_REPLAY_OVERTAKEN where others became current meanwhile. */
export async function flip({ log, clock, plan, inputs, built, copied }: FlipOptions): Promise<void> {
  await changeCurrentViews(log, clock, async (current, say) => {
    const records: CurrentView[] = []
    for (const planned of plan.views) {
      const { view, generation, topic } = planned.target
      const now = current.get(view.name) ?? null
      if (now?.topicId === topic.id) continue
      if (now?.topicId !== planned.current?.topicId) throw overtaken(view.name)
      records.push({
        view: view.name,
        generation,
        topic: topic.name,
        topicId: topic.id,
        fingerprint: planned.fingerprint,
        inputs: inputsAt(planned, inputs, earlier(built, copied.get(view.name)), built),
        endOffsets: await endsOf(log, topic),
        since: clock.now(),
        previous: now === null ? null : await leaving(log, planned, now, inputs),
      })
    }
    if (records.length > 0) await say(records)
  })
}

function inputsAt(
  { topologies }: PlannedView,
  inputs: ReadonlyMap<string, Topic>,
  offsets: InputOffsets,
  builtTo: InputOffsets,
): GenerationInput[] {
  return [...new Set(topologies.map(({ event }) => event.name))].map((event) => ({
    event,
    topicId: (inputs.get(event) as Topic).id,
    offsets: offsets.get(event) as readonly number[],
    builtTo: builtTo.get(event) as readonly number[],
  }))
}

/** Tasks that go on from there make some rows a second time, which comes to the same where they know which there were when it was built. */
function earlier(built: InputOffsets, copied: InputOffsets | undefined): InputOffsets {
  if (copied === undefined) return built
  const least = (event: string, offsets: readonly number[]): number[] =>
    offsets.map((offset, partition) => Math.min(offset, copied.get(event)?.[partition] ?? 0))
  return new Map([...built].map(([event, offsets]) => [event, least(event, offsets)]))
}

/** The generation that ceases to be current, with what its rows have for certain. */
async function leaving(
  log: Log,
  planned: PlannedView,
  now: CurrentView,
  inputs: ReadonlyMap<string, Topic>,
): Promise<Generation> {
  const { generation, topic, topicId, fingerprint } = now
  const offsets = new Map<string, readonly number[]>()
  const builtTo = new Map<string, readonly number[]>()
  for (const { event } of planned.topologies) {
    const readings = inputs.get(event.name) as Topic
    const { certain, furthest } = rowsStand(now, readings, await tasksProgress(log, readings))
    offsets.set(event.name, certain)
    builtTo.set(event.name, furthest)
  }
  return { generation, topic, topicId, fingerprint, inputs: inputsAt(planned, inputs, offsets, builtTo) }
}

function overtaken(view: string): WindrowError {
  return new WindrowError('WR_REPLAY_OVERTAKEN', {
    message: `Another generation of ${view} has become current while this one was built.`,
    remedy: 'Look at `windrow topics`, and replay again if the view is still not what it should be.',
    facts: { view },
  })
}
