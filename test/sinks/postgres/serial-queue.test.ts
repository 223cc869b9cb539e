import { describe, expect, test } from 'vitest'
import { SerialQueue } from '../../../src/sinks/postgres/serial-queue.ts'

/** Lets each piece of work note its name when it runs. */
function noting() {
  const queue = new SerialQueue()
  const done: string[] = []
  const add = (name: string, inBackground: boolean): void => void queue.run(async () => void done.push(name), inBackground)
  return { queue, done, add }
}

describe('those who share one session', () => {
  test('take turns in the order in which they asked', async () => {
    const { queue, done, add } = noting()
    for (const name of ['a', 'b', 'c']) add(name, false)
    await queue.idle()
    expect(done).toEqual(['a', 'b', 'c'])
  })

  test('go before what waits in the background', async () => {
    const { queue, done, add } = noting()
    add('write 1', true)
    add('write 2', true)
    add('read', false)
    await queue.idle()
    expect(done).toEqual(['read', 'write 1', 'write 2'])
  })

  test('let the background have a turn now and then, however many they are', async () => {
    const { queue, done, add } = noting()
    add('write', true)
    for (let i = 0; i < 100; i++) add('read', false)
    await queue.idle()
    expect(done).toHaveLength(101)
    expect(done.indexOf('write')).toBeLessThan(10)
  })

  test('are not stopped by one that fails, who alone hears of it', async () => {
    const { queue, done, add } = noting()
    const failing = queue.run(async () => {
      throw new Error('no')
    })
    add('next', false)
    await expect(failing).rejects.toThrow('no')
    await queue.idle()
    expect(done).toEqual(['next'])
  })

  test('may ask while another is running', async () => {
    const { queue, done, add } = noting()
    await queue.run(async () => add('later', false))
    await queue.idle()
    expect(done).toEqual(['later'])
  })
})
