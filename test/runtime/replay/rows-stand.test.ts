import { expect, test } from 'vitest'
import type { GroupProgress, Topic } from '../../../src/log/port.ts'
import { emptyLedger } from '../../../src/runtime/ledger.ts'
import { rowsStand } from '../../../src/runtime/replay/rows-stand.ts'
import { taskProgressText } from '../../../src/runtime/task-progress.ts'
import { type CurrentView, firstGeneration } from '../../../src/views/views-current.ts'

const readings: Topic = { name: 'air.readings', id: 'readings', partitions: 1, cleanup: 'keep' }
const first = firstGeneration('means', { name: 'views.means.g1', id: 'rows', partitions: 1 }, 'logic', 0)

function flipped(generation: number, offset: number, builtTo = offset, topicId = readings.id): CurrentView {
  return { ...first, generation, inputs: [{ event: 'air', topicId, offsets: [offset], builtTo: [builtTo] }] }
}

function committed(
  offset: number,
  generations: Record<string, number> = {},
  behind: Record<string, { generation: number; offset: number }> = {},
): GroupProgress {
  const views = { generations: new Map(Object.entries(generations)), behind: new Map(Object.entries(behind)) }
  return { partition: 0, offset, metadata: taskProgressText({ ledger: emptyLedger(), stoodStillFor: null, ...views }) }
}

type Case = readonly [what: string, current: CurrentView, progress: GroupProgress | null, certain: number, furthest: number]
const cases: readonly Case[] = [
  ['the first generation before anything was processed', first, null, 0, 0],
  ['the first generation', first, committed(60), 60, 60],
  ['a built one that no task has turned to', flipped(2, 70), committed(60), 70, 70],
  ['a built one where there never was a task', flipped(2, 70), null, 70, 70],
  ['one with rows that were taken over', flipped(2, 60, 70), committed(60), 60, 70],
  ['one whose tasks are still of another, far beyond', flipped(2, 60, 70), committed(90, { means: 0 }), 60, 70],
  ['one that is behind the others', flipped(2, 50, 70), committed(90, {}, { means: { generation: 2, offset: 65 } }), 65, 70],
  [
    'one that is brought up beyond all it had',
    flipped(2, 50, 70),
    committed(90, {}, { means: { generation: 2, offset: 80 } }),
    80,
    80,
  ],
  ['one beside another that is behind', flipped(3, 50, 70), committed(90, {}, { means: { generation: 2, offset: 80 } }), 50, 70],
  ['one that its tasks are in line with', flipped(2, 60, 70), committed(90, { means: 2 }), 90, 90],
  ['one that its tasks are in line with, amid what it was built of', flipped(2, 60, 70), committed(65, { means: 2 }), 65, 70],
  ['one that came back with more than its tasks have', flipped(1, 70), committed(60), 60, 70],
  ['one that was made of another topic', flipped(2, 70, 80, 'another'), committed(60, { means: 1 }), 0, 0],
]
test.each(cases)('%s stands where its rows do', (_, current, progress, certain, furthest) => {
  expect(rowsStand(current, readings, progress === null ? [] : [progress])).toEqual({
    certain: [certain],
    furthest: [furthest],
  })
})
