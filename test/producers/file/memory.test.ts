import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileSource } from '../../../src/producers/file/file-source.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { NOW } from '../polled.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { tempDir } from '../temp-dir.ts'

const dir = tempDir()
const MIB = 1024 * 1024
const HEADER = 'station_id,timestamp,time_zone,temperature\n'
const ROW = 'a,2025-01-01,UTC,1\n'

/** Reads a file and gives what came out, and by how much memory grew on the way. */
async function read(path: string): Promise<{ readings: number; bad: number; grownMib: number }> {
  const source = await fileSource({ path })
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return (heapUsed + external) / MIB
  }
  const before = used()
  let [readings, bad, grownMib] = [0, 0, 0]
  const look = (): void => {
    grownMib = Math.max(grownMib, used() - before)
  }
  const context = {
    clock: manualClock(NOW),
    logger: keepingLogger(),
    signal: new AbortController().signal,
    readThrough: null,
    recall: () => null,
    progress: look,
  }
  for await (const item of source.poll(context)) {
    if (item.kind === 'reading') readings += 1
    else bad += 1
  }
  return { readings, bad, grownMib }
}

test('A line of 100 MB takes no more memory than a short one', async () => {
  const path = join(dir.path, 'one-line.csv')
  const file = openSync(path, 'w')
  writeSync(file, HEADER + ROW)
  ftruncateSync(file, 100 * MIB)
  writeSync(file, `\n${ROW}`, 100 * MIB)
  closeSync(file)
  const { readings, bad, grownMib } = await read(path)
  expect([readings, bad]).toEqual([2, 1])
  expect(grownMib).toBeLessThan(60)
})

test('A file of 60 MB is never in memory whole', async () => {
  const path = join(dir.path, 'many-lines.csv')
  const file = openSync(path, 'w')
  writeSync(file, HEADER)
  const padded = `${ROW}${' '.repeat(MIB / 2)}\n`
  for (let i = 0; i < 120; i++) writeSync(file, padded)
  closeSync(file)
  const { readings, bad, grownMib } = await read(path)
  expect([readings, bad]).toEqual([120, 120])
  expect(grownMib).toBeLessThan(60)
})
