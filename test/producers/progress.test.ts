import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { progressDisplay } from '../../src/producers/progress.ts'
import { noCounts } from '../../src/producers/publish-counts.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { keepingLogger } from './quiet-logger.ts'

const counts = { ...noCounts(), published: 3, revised: 1, deadLettered: 2 }

const stream = (isTTY: boolean): NodeJS.WriteStream & PassThrough =>
  Object.assign(new PassThrough(), { isTTY, columns: 100 }) as unknown as NodeJS.WriteStream & PassThrough

describe('progress', () => {
  test('is a log line a poll where no terminal is, and one now and then in a long one', async () => {
    const logger = keepingLogger()
    const clock = manualClock()
    const display = progressDisplay(stream(false), logger, clock)
    display.begin('file', 'paris')
    display.update(1, 10, counts)
    await clock.advance(10_000)
    display.update(5, 10, counts)
    display.update(6, 10, counts)
    display.end(counts)
    display.begin('file', 'paris')
    display.end(null)
    const facts = {
      ...{ source: 'file', station: 'paris', published: 3, revised: 1, unchanged: 0, stale: 0 },
      ...{ dead_lettered: 2, dead_lettered_before: 0 },
    }
    expect(logger.lines).toEqual([
      { level: 'info', message: 'publishing', facts: { ...facts, percent: 50 } },
      { level: 'info', message: 'published', facts },
    ])
  })

  test('is a bar on a terminal', () => {
    const terminal = stream(true)
    const logger = keepingLogger()
    const display = progressDisplay(terminal, logger, manualClock())
    display.begin('file', 'paris')
    display.update(5, 10, counts)
    display.update(5, null, counts)
    display.end(counts)
    display.begin('simulator', '*')
    display.end(null)
    const shown = String(terminal.read())
    expect(shown).toContain('file paris [')
    expect(shown).toContain('100% 3 published, 1 revised, 2 to dead letters')
    expect(logger.lines).toEqual([])
  })
})
