import { expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { settledWithin } from '../../src/core/settled-within.ts'

test('what settles in time is told so, however it settles; what does not keeps nobody, and may fail later', async () => {
  expect(await settledWithin(systemClock, Promise.resolve(1), 60_000)).toBe(true)
  expect(await settledWithin(systemClock, Promise.reject(new Error('no')), 60_000)).toBe(true)
  let fail = (): void => undefined
  const never = new Promise((_, reject) => {
    fail = () => reject(new Error('late'))
  })
  expect(await settledWithin(systemClock, never, 1)).toBe(false)
  fail()
  await expect(never).rejects.toThrow('late')
})
