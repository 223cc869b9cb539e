import { describe, expect, test } from 'vitest'
import { bootOf, sameBoot } from '../../../src/sinks/postgres/boot.ts'

const then = { id: 'a', startedAt: 1_000_000 }

describe('the machine has run without a break', () => {
  test('when it says the same of itself', () => {
    expect(sameBoot(JSON.stringify(bootOf()))).toBe(true)
    expect(sameBoot(JSON.stringify(then), { id: 'a', startedAt: 9_000_000 })).toBe(true)
  })

  test('when it has no identity, but started at about the same time: clocks are set', () => {
    expect(sameBoot(JSON.stringify({ ...then, id: null }), { id: null, startedAt: 1_000_200 })).toBe(true)
  })

  test.each([
    ['another identity', JSON.stringify(then), { id: 'b', startedAt: 1_000_000 }],
    ['another start', JSON.stringify({ ...then, id: null }), { id: null, startedAt: 1_001_000 }],
    ['words that were cut off', '{"id":"a","star', then],
    ['no words', '', then],
    ['null', 'null', then],
  ])('but not with %s', (_, text, now) => {
    expect(sameBoot(text, now)).toBe(false)
  })
})
