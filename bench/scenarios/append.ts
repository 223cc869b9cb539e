import { join } from 'node:path'
import { type Figure, figure } from '../report/figure.ts'
import type { Scenario } from './scenario.ts'

const ways = [
  { name: 'blocks of 1,000 readings', recordsABlock: 1000, parallel: 1 },
  { name: 'one reading at a time', recordsABlock: 1, parallel: 1 },
  { name: 'one reading each, 64 at a time', recordsABlock: 1, parallel: 64 },
] as const

/** Appends in blocks, singly, and singly by many at once. */
export const append: Scenario = async ({ folder, quick, step }) => {
  const figures: Figure[] = []
  for (const [i, { name, recordsABlock, parallel }] of ways.entries()) {
    const seconds = quick ? 1 : 5
    const result = await step('appendRecords', { folder: join(folder, String(i)), recordsABlock, parallel, seconds })
    figures.push(
      figure(name, '1/s', result.recordsASecond),
      figure('... bytes', 'MB/s', result.bytesASecond / 1e6),
      figure('... until on disk, p50', 'ms', result.p50Ms),
      figure('... until on disk, p99', 'ms', result.p99Ms),
    )
  }
  return figures
}
