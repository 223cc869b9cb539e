import { Writable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { streamOutput } from '../../src/cli/output.ts'

function stream(fail: string | null, isTTY = false): NodeJS.WriteStream {
  const writable = new Writable({
    write(_chunk, _encoding, done) {
      done(fail === null ? null : Object.assign(new Error(fail), { code: fail }))
    },
  })
  return Object.assign(writable, { isTTY, columns: 120 }) as unknown as NodeJS.WriteStream
}

describe('an output', () => {
  test('whose reader has gone away is quiet, and says so once', async () => {
    const onClosed = vi.fn()
    const output = streamOutput(stream('EPIPE'), {}, onClosed)
    await output.write('a')
    await output.write('b')
    expect(output.closed).toBe(true)
    expect(onClosed).toHaveBeenCalledOnce()
  })

  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
  ])('on a terminal (%j) with %j has colours: %j', (isTTY, environment, expected) => {
    expect(streamOutput(stream(null, isTTY), environment).colours).toBe(expected)
  })

  test('has a width on a terminal only', () => {
    expect(streamOutput(stream(null, true), {}).columns).toBe(120)
    expect(streamOutput(stream(null, false), {}).columns).toBeNull()
  })
})
