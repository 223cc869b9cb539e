import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { environmentOf, type RunningStore, startStores } from '../../../scripts/services/stores.js'
import { type CommandLine, commandLine, TWO_DAYS } from '../command-line.ts'
import { emptyKafka } from '../kafka/empty-kafka.ts'
import { type StoresOfLog, storesOfLog } from './stores-of-log.ts'

describe('the stores that are here, written from a log on Kafka', () => {
  const { kafkaBrokers } = inject('services')
  let running: readonly RunningStore[] = []
  let windrow: CommandLine
  let stores: StoresOfLog

  beforeAll(async () => {
    await emptyKafka(kafkaBrokers.split(','))
    running = await startStores()
    const environment = { ...environmentOf(running), KAFKA_BROKERS: kafkaBrokers, KAFKA_SESSION_TIMEOUT_MS: '6000' }
    windrow = await commandLine(environment)
    stores = storesOfLog(
      windrow.folder,
      environment,
      running.map(({ name }) => name),
    )
  })
  afterAll(async () => {
    await Promise.all(running.map(({ stop }) => stop()))
    await windrow?.remove()
  })

  test('hold what the views’ topics say, also when the topics were made anew', async () => {
    await windrow.ok(...TWO_DAYS)
    await windrow.ok('run', '--until-end')
    const first = await stores.differences()
    expect(first.lines).toEqual([])
    expect(first.rows).toBeGreaterThan(100)

    await windrow.ok('reset', '--views', '--yes')
    await windrow.ok('run', '--until-end')
    expect(await stores.differences()).toEqual(first)
  })

  test('are written by two processes that share the partitions, of which one is stopped', async () => {
    const processes = [windrow.start('run'), windrow.start('run')]
    await windrow.ok('produce', '--source', 'simulator', '--from', '2025-04-05', '--to', '2025-04-06')
    await stores.untilProcessed()
    await stores.untilCaughtUp(stores.names)
    expect(await processes[0]?.stop()).toMatchObject({ code: 0 })
    await windrow.ok('produce', '--source', 'simulator', '--from', '2025-04-06', '--to', '2025-04-07')
    await stores.untilProcessed()
    await stores.untilCaughtUp(stores.names)
    expect(await processes[1]?.stop()).toMatchObject({ code: 0 })
    expect((await stores.differences()).lines).toEqual([])
  })
})
