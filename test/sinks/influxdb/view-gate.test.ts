import { expect, test } from 'vitest'
import { ViewGate } from '../../../src/sinks/influxdb/view-gate.ts'

const isMending = expect.objectContaining({ code: 'WR_SINK_MENDING', canRetry: true })

function held(): { readonly work: () => Promise<string>; readonly finish: () => void } {
  let finish = (): void => undefined
  const done = new Promise<string>((resolve) => {
    finish = () => resolve('done')
  })
  return { work: () => done, finish: () => finish() }
}

test('partitions are written side by side, and beside a comparison until that has the view for itself', async () => {
  const gate = new ViewGate('weather')
  const [one, two] = [held(), held()]
  const writes = [gate.write(one.work), gate.write(two.work)]
  const steps: string[] = []
  const comparing = gate.compare(async (close) => {
    expect(await gate.write(async () => 'beside it')).toBe('beside it')
    const closing = close().then(() => steps.push('alone'))
    await expect(gate.write(async () => 'too late')).rejects.toEqual(isMending)
    one.finish()
    await writes[0]
    steps.push('one is done')
    two.finish()
    await closing
    return 'compared'
  })
  await expect(gate.compare(async () => 'another')).rejects.toEqual(isMending)
  expect(await comparing).toBe('compared')
  expect(await Promise.all(writes)).toEqual(['done', 'done'])
  expect(steps).toEqual(['one is done', 'alone'])
  expect(await gate.write(async () => 'again')).toBe('again')
})

test('a write or a comparison that fails leaves the way open', async () => {
  const gate = new ViewGate('weather')
  const fail = async (): Promise<never> => {
    throw new Error('no')
  }
  await expect(gate.write(fail)).rejects.toThrow('no')
  await expect(
    gate.compare(async (close) => {
      await close()
      await fail()
    }),
  ).rejects.toThrow('no')
  expect(await gate.write(async () => 'again')).toBe('again')
})
