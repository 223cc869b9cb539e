import { describe, expect, test } from 'vitest'
import { plain, receivedError, sentError } from '../../../src/cli/replay/build-messages.ts'
import { isWindrowError, WindrowError } from '../../../src/core/errors.ts'

const sent = (error: unknown): Error => receivedError(structuredClone(sentError(error)))

describe('what a process that helps with a replay tells', () => {
  test('is the error that was thrown there, with its code, remedy and facts', () => {
    const thrown = new WindrowError('WR_SEGMENT_CORRUPT', {
      message: 'a segment is damaged',
      remedy: 'nothing',
      kind: 'found',
      facts: { day: 3, cause: new Error('a bit') },
      canRetry: true,
    })
    const error = sent(thrown)
    expect(isWindrowError(error, 'WR_SEGMENT_CORRUPT')).toBe(true)
    expect(error).toMatchObject({ message: 'a segment is damaged', remedy: 'nothing', kind: 'found', canRetry: true })
    expect(error).toMatchObject({ facts: { day: 3, cause: { message: 'a bit' } }, stack: thrown.stack })
  })

  test('is of any other error where it arose', () => {
    const thrown = new TypeError('not so')
    expect(sent(thrown)).toMatchObject({ message: 'not so', stack: thrown.stack })
    expect(sent('just so').message).toBe('just so')
  })

  test('is plain facts, whatever the process has', () => {
    expect(plain({ pid: 3, err: new Error('x'), run() {} })).toEqual({ pid: 3, err: expect.objectContaining({ message: 'x' }) })
  })
})
