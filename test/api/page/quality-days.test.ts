import { expect, test } from 'vitest'
import { lateNote } from '../../../src/api/page/sections/quality-days.js'

test.each([
  [[], false],
  [[{ timeliness: 1 }, { timeliness: 0.04 }], false],
  // A day of history is not judged.
  [[{ timeliness: null }], false],
  [[{ timeliness: 1 }, { timeliness: 0 }], true],
])('days of which nothing came in time are explained: %j', (rows, isExplained) => {
  expect(lateNote(rows).includes('scores 85 at best')).toBe(isExplained)
})
