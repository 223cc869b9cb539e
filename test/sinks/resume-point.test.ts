import { describe, expect, test } from 'vitest'
import { resumePoint } from '../../src/sinks/resume-point.ts'

const topic = { name: 'views.v.g1', id: 'a', partitions: 1, cleanup: 'compact' } as const
const DAY = 86_400_000
const at = (nextOffset: number, ageMs = 0, topicId = 'a') => ({ topicId, nextOffset, ageMs })
const from = (progress: Parameters<typeof resumePoint>[0]) => resumePoint(progress, topic, { start: 3, end: 10 }, DAY)

describe('a sink goes on', () => {
  test.each([
    ['where it was', at(5), 5],
    ['at the end, however long ago it got there', at(10, 100 * DAY), 10],
    ['at the first offset that is left', at(1), 3],
    ['after almost half of what tombstones live', at(5, DAY / 2), 5],
  ])('%s', (_, progress, offset) => {
    expect(from(progress)).toEqual({ kind: 'resume', offset })
  })
})

describe('a sink compares its whole view', () => {
  test.each([
    ['nothing is known of its rows', null],
    ['they come from another topic', at(5, 0, 'b')],
    ['it is ahead of the log', at(11)],
    ['it was away for more than half of what tombstones live', at(5, DAY / 2 + 1)],
  ])('when %s', (_, progress) => {
    expect(from(progress)).toMatchObject({ kind: 'mend' })
  })
})
