import { expect, test } from 'vitest'
import type { Log, PartitionLease } from '../../../src/log/port.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { codesOf, currentRows, expectedRows, publisher, replay, startTopologies } from './replay-world.ts'
import { after, before } from './sample-topologies.ts'

const never = new AbortController().signal

/** The same log for a process that now and then is asleep when it is about to commit. */
function sleepy(log: Log): { readonly log: Log; readonly asleep: Promise<void>; fallAsleep(): void; wake(): void } {
  let gate: Promise<void> | null = null
  let wake = (): void => undefined
  let isAsleep = (): void => undefined
  const asleep = new Promise<void>((resolve) => {
    isAsleep = resolve
  })
  const bound = <T extends object>(target: T, own: Partial<T>): T =>
    new Proxy(target, {
      get(of, name) {
        if (name in own) return own[name as keyof T]
        const member = Reflect.get(of, name) as unknown
        return typeof member === 'function' ? member.bind(of) : member
      },
    })
  const sleepyLease = (lease: PartitionLease): PartitionLease =>
    bound(lease, {
      async commit(progress, writes) {
        if (gate !== null) isAsleep()
        await gate
        return lease.commit(progress, writes)
      },
    })
  const leases = new Map<PartitionLease, PartitionLease>()
  return {
    log: bound(log, {
      joinGroup: (options) =>
        log.joinGroup({
          ...options,
          onAssigned(lease) {
            leases.set(lease, sleepyLease(lease))
            options.onAssigned(leases.get(lease) as PartitionLease)
          },
          onRevoked: (lease) => options.onRevoked(leases.get(lease) as PartitionLease),
        }),
    }),
    asleep,
    fallAsleep() {
      gate = new Promise((resolve) => {
        wake = resolve
      })
    },
    wake() {
      gate = null
      wake()
    },
  }
}

test.each([
  ['the same', before, null],
  ['other', after, 'WR_TOPOLOGY_REPLACED'],
] as const)(
  'a task that slept while a replay by %s logic deleted the generation that it writes goes on in the new one, or ends by name',
  async (_, logic, code) => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(300)
    const process = sleepy(log.connect())
    const { logger } = codesOf()
    const runner = await startTopologies(process.log, [before], { logger })
    await runner.untilEnd(never)
    process.fallAsleep()
    await publish(50)
    await process.asleep
    await replay(log.connect(), [logic], ['means'], { keepMs: -1, isRunning: async () => false })
    expect(await log.findTopic('views.means.g1')).toBeNull()
    process.wake()
    if (code !== null) await expect.poll(() => runner.status().failures[0]?.error).toMatchObject({ code })
    else {
      await publish(50)
      await runner.untilEnd(never)
      expect(runner.status().failures).toEqual([])
      expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, [before], 'means'))
    }
    await runner.stop()
  },
)

test('there is no way back to a generation that was deleted', async () => {
  const log = memoryLog()
  await (await publisher(log)).publish(50)
  const runner = await startTopologies(log, [before])
  await runner.untilEnd(never)
  await runner.stop()
  await replay(log, [before], ['means'], { keepMs: -1, isRunning: async () => false })
  await expect(replay(log, [before], ['means'], { rollback: true })).rejects.toMatchObject({ code: 'WR_ROLLBACK_NONE' })
})
