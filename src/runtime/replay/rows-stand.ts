import type { GroupProgress, Log, Topic } from '../../log/port.ts'
import type { CurrentView } from '../../views/views-current.ts'
import { engineGroup } from '../engine-group.ts'
import { parseTaskProgress } from '../task-progress.ts'

/**
 * How far into a topic of readings the rows of the current generation of a view go, by partition. Mostly both say the same. They part
 * where a replay has built rows beyond what the tasks have processed, or taken over others as they were: each row is then as at one of
 * the two, or (rarely, of what was taken over) as at an offset between.
 */
export interface RowsStand {
  /** Every row has all readings before. */
  readonly certain: readonly number[]
  /** No row has a reading from here on. */
  readonly furthest: readonly number[]
}

/** What the tasks of a topic of readings have committed. To be asked for after whatever of the view's topic is to fit it. */
export function tasksProgress(log: Log, readings: Topic): Promise<readonly GroupProgress[]> {
  return log.groupProgress(engineGroup(readings.name), readings)
}

/** `progress` is of the tasks of the topic. */
export function rowsStand(
  { view, generation, inputs }: CurrentView,
  readings: Topic,
  progress: readonly GroupProgress[],
): RowsStand {
  const input = inputs.find(({ topicId }) => topicId === readings.id)
  const certain: number[] = []
  const furthest: number[] = []
  for (let partition = 0; partition < readings.partitions; partition++) {
    const flipped = input?.offsets[partition] ?? 0
    const builtTo = input?.builtTo[partition] ?? 0
    const committed = progress.find((each) => each.partition === partition)
    const at = committed === undefined ? null : emittedTo(view, generation, committed)
    certain.push(at ?? flipped)
    furthest.push(Math.max(at ?? flipped, flipped, builtTo))
  }
  return { certain, furthest }
}

/** What the tasks have brought the generation up to; null: they have written nothing into it since it became current. */
function emittedTo(view: string, generation: number, { offset, metadata }: GroupProgress): number | null {
  const { generations, behind } = parseTaskProgress(metadata)
  // A commit that names none is of the first.
  const inLine = generations.get(view) ?? (offset > 0 ? 1 : null)
  if (inLine === generation) return offset
  const own = behind.get(view)
  return own?.generation === generation ? own.offset : null
}
