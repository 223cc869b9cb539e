import { afterEach, describe, expect, test, vi } from 'vitest'
import { recordSpan, recordSpans, type SpanRecord, traced } from '../../src/core/tracing.ts'

afterEach(() => recordSpans(null))

const span = { name: 'x', kind: 'internal', startAt: 0, durationMs: 1, attributes: {}, error: null } as const

describe('tracing that is off', () => {
  test('does the work, gives its very promise, and asks for no attributes', () => {
    const attributes = vi.fn(() => ({}))
    const promise = Promise.resolve(1)
    expect(traced('work', attributes, () => promise)).toBe(promise)
    expect(attributes).not.toHaveBeenCalled()
    recordSpan(span)
  })
})

describe('tracing that is on', () => {
  test('records how long work took, what it was about when it was done, and what it failed with', async () => {
    const spans: SpanRecord[] = []
    recordSpans((each) => spans.push(each))
    let rows = 0
    const work = async (): Promise<number> => {
      rows = 7
      return rows
    }
    expect(await traced('write', () => ({ rows }), work)).toBe(7)
    const failure = new Error('away')
    await expect(
      traced(
        'write',
        () => ({ rows }),
        () => Promise.reject(failure),
      ),
    ).rejects.toBe(failure)
    recordSpan(span)
    expect(spans).toMatchObject([
      { name: 'write', kind: 'internal', attributes: { rows: 7 }, error: null },
      { name: 'write', error: failure },
      { name: 'x' },
    ])
    for (const { durationMs } of spans) expect(durationMs).toBeGreaterThanOrEqual(0)
  })
})
