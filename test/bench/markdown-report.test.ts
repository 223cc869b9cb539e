import { expect, test } from 'vitest'
import { figure, figureOfRounds } from '../../bench/report/figure.ts'
import { markdownSection } from '../../bench/report/markdown-report.ts'

test('a scenario is shown as an aligned table, of several rounds the median and the range', () => {
  const figures = [
    figureOfRounds('readings a second', '1/s', [1_234_567, 2_000_000, 1_900_000], { atLeast: 2_000_000 }),
    figure('peak RSS', 'MB', 123.456),
    figureOfRounds('bytes written a reading', 'B', [1, null]),
  ]
  expect(markdownSection({ name: 'replay-air', title: 'All rows', seconds: 12.34, figures, error: null })).toBe(`
### replay-air

All rows. Took 12.3 s.

|                         |          value | unit | rounds                    | aim          |
| ----------------------- | -------------: | ---- | ------------------------- | ------------ |
| readings a second       |      1,900,000 | 1/s  | 3: 1,230,000 to 2,000,000 | >= 2,000,000 |
| peak RSS                |            123 | MB   |                           |              |
| bytes written a reading | not known here | B    |                           |              |
`)
})

test('a scenario that failed says why', () => {
  expect(markdownSection({ name: 'start', title: 'Start', seconds: 1, figures: [], error: 'exit code 3' })).toContain(
    '**Failed:** exit code 3',
  )
})
