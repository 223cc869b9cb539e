import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { environmentOf, type RunningStore, startStores } from '../../../scripts/services/stores.js'
import type { StoreName } from '../../../src/views/view.ts'
import { type CommandLine, commandLine, type RunningCommand } from '../command-line.ts'
import { type StoresOfLog, storesOfLog } from './stores-of-log.ts'

// A store that is away holds up nobody but itself, and has everything when it is back.

describe('while a store is away under load', () => {
  let running: readonly RunningStore[] = []
  let windrow: CommandLine
  let runner: RunningCommand
  let stores: StoresOfLog
  let day = 0

  beforeAll(async () => {
    running = await startStores()
    const environment = environmentOf(running)
    windrow = await commandLine(environment)
    stores = storesOfLog(
      windrow.folder,
      environment,
      running.map(({ name }) => name),
    )
    await publish()
    runner = windrow.start('run')
    await stores.untilCaughtUp(stores.names)
  })
  afterAll(async () => {
    await runner?.stop()
    await Promise.all(running.map(({ stop }) => stop()))
    await windrow?.remove()
  })

  const publish = async (): Promise<void> => {
    const date = (number: number): string => new Date(Date.UTC(2025, 0, 1 + number)).toISOString().slice(0, 10)
    await windrow.ok('produce', '--source', 'simulator', '--from', date(day), '--to', date(day + 1))
    day += 1
  }
  const others = (name: StoreName): StoreName[] => stores.names.filter((each) => each !== name)

  const faults = ['SIGKILL', 'SIGSTOP'] as const

  test.each(faults)('%s of each in turn: the others go on, and it has all when it is back', async (signal) => {
    for (const store of running) {
      await store.kill(signal)
      try {
        await publish()
        await stores.untilProcessed()
        await stores.untilCaughtUp(others(store.name))
      } finally {
        await (signal === 'SIGSTOP' ? store.kill('SIGCONT') : store.start())
      }
      await stores.untilCaughtUp([store.name])
    }
    expect((await stores.differences()).lines).toEqual([])
  })

  test('stores that stand still do not keep the process from ending, and have all when it is there again', async () => {
    await Promise.all(running.map((store) => store.kill('SIGSTOP')))
    try {
      await publish()
      await stores.untilProcessed()
      let code: number | null = null
      void runner.stop().then((outcome) => {
        code = outcome.code
      })
      await vi.waitUntil(() => code !== null, { timeout: 30_000 })
      expect(code).toBe(0)
    } finally {
      await Promise.all(running.map((store) => store.kill('SIGCONT')))
    }
    runner = windrow.start('run')
    await stores.untilCaughtUp(stores.names)
    expect((await stores.differences()).lines).toEqual([])
  })

  test.each(faults)(
    '%s of all at once: the views go on in the log, and the stores have all when they are back',
    async (signal) => {
      await Promise.all(running.map((store) => store.kill(signal)))
      try {
        await publish()
      } finally {
        await Promise.all(running.map((store) => (signal === 'SIGSTOP' ? store.kill('SIGCONT') : store.start())))
      }
      await publish()
      await stores.untilProcessed()
      await stores.untilCaughtUp(stores.names)
      expect((await stores.differences()).lines).toEqual([])
    },
  )
})
