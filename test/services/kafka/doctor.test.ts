import { hostname } from 'node:os'
import { incrementalAlterConfigsV1 } from '@platformatic/kafka'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { howToRun } from '../../../scripts/services/how-to-run.js'
import { startKafka } from '../../../scripts/services/kafka.js'
import { checkKafka } from '../../../src/cli/doctor/check-kafka.ts'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import { BatchSender } from '../../../src/log/kafka/batch-sender.ts'
import type { Cluster } from '../../../src/log/kafka/cluster.ts'
import { type LogOnKafka, openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Topic } from '../../../src/log/port.ts'
import { type Child, startChild } from '../../support/child.ts'
import { type CommandLine, commandLine, TWO_DAYS } from '../command-line.ts'
import { clusterOf } from './fetch-kit.ts'
import { leaveOpen, type Program, startProgram } from './open-transaction.ts'

/** A member that was stopped or killed is still there when doctor, which loads and asks much, looks at it. */
const SESSION_TIMEOUT_MS = '15000'
const TOPIC = 'air.readings'

describe.runIf(howToRun() === 'java')('doctor and reset on Kafka (brokers that run as processes)', () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>
  let windrow: CommandLine
  let log: LogOnKafka
  let cluster: Cluster
  let sender: BatchSender
  let children: Child[] = []

  const doctor = async (): Promise<Finding[]> => JSON.parse((await windrow.run('doctor', '--json')).stdout) as Finding[]
  const about = async (name: string): Promise<Finding[]> => (await doctor()).filter((finding) => finding.about === name)
  const airReadings = async (): Promise<Topic> => (await log.findTopic(TOPIC)) as Topic
  const startMember = async (): Promise<Child> => {
    const child = await startChild('test/services/kafka/workers/engine-member.ts', [kafka.brokers, SESSION_TIMEOUT_MS, TOPIC])
    children.push(child)
    for (let partition = 0; partition < 4; partition++) await child.next('assigned')
    return child
  }

  beforeAll(async () => {
    kafka = await startKafka({
      nodes: 2,
      maxHeap: '384m',
      settings: {
        // Transactions that hang: the brokers take records of one that its coordinator knows nothing of, and look for old ones hardly ever.
        'transaction.partition.verification.enable': 'false',
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': '3600000',
      },
    })
    windrow = await commandLine({
      KAFKA_BROKERS: kafka.brokers,
      KAFKA_SESSION_TIMEOUT_MS: SESSION_TIMEOUT_MS,
      WINDROW_PARTITIONS: '4',
    })
    log = await openKafkaLog({ brokers: kafka.brokers.split(',') })
    cluster = clusterOf(kafka.brokers)
    sender = new BatchSender(cluster)
    await windrow.ok(...TWO_DAYS)
  })
  afterEach(async () => {
    for (const child of children) {
      child.kill('SIGKILL')
      await child.ended
    }
    children = []
  })
  afterAll(async () => {
    sender.close()
    await cluster.close()
    await log.close()
    await kafka.stop()
    await windrow.remove()
  })

  test('doctor names the partitions that nobody works on', async () => {
    const [found] = await about(TOPIC)
    expect(found).toMatchObject({ severity: 'warning', remedy: expect.stringContaining('windrow run') })
    expect(found?.text).toMatch(/\d+ \(.*\d+ in partition \d.*\) are not in the views, and nobody is at work on them/)
    expect(await about('process')).toEqual([])
  })

  test('doctor names the processes at work, and reset is refused while one lives', async () => {
    const child = await startMember()
    expect(await about('process')).toEqual([expect.objectContaining({ severity: 'note', text: `${child.pid} is at work` })])
    expect((await about(TOPIC))[0]?.text).toContain(`processed by process ${child.pid}`)
    for (const extent of ['--views', '--all', '--state']) {
      const { code, stderr } = await windrow.run('reset', extent, '--yes')
      expect([code, stderr], extent).toEqual([
        2,
        expect.stringContaining(`WR_GROUP_ACTIVE: Process ${child.pid} is at work on ${TOPIC}`),
      ])
    }
    child.kill('SIGSTOP')
    expect(await about('process')).toEqual([
      expect.objectContaining({ severity: 'warning', remedy: expect.stringContaining(`kill -CONT ${child.pid}`) }),
    ])
  })

  test('the place of a process that died is told apart, and reset waits until its session is over', async () => {
    await windrow.ok('run', '--sinks', 'none', '--until-end')
    const child = await startMember()
    child.kill('SIGKILL')
    await child.ended
    expect(await about('process')).toEqual([
      expect.objectContaining({ severity: 'note', text: expect.stringContaining(`${child.pid} has died`) }),
    ])
    expect((await windrow.run('reset', '--state', '--yes')).code).toBe(0)
    expect(await windrow.ok('reset', '--views', '--yes')).toContain('deleted views.air_hourly.g1')
    expect(await about('process')).toEqual([])
  })

  test('a member that is none of windrow’s, or elsewhere, is named as it calls itself', async () => {
    const processes = await log.inspection.processesOf('nobody', await airReadings())
    expect(processes).toEqual([])
    const writer = await log.exclusiveWriter('somebody')
    expect(await log.inspection.processes([])).toEqual([
      { clientId: `windrow-${process.pid}-${hostname()}`, pid: process.pid, host: hostname(), state: 'running' },
    ])
    await writer.close()
  })

  test('doctor warns of a retention', async () => {
    const configs = [{ name: 'retention.ms', configOperation: 0 as const, value: '604800000' }]
    await cluster.ask(
      [incrementalAlterConfigsV1],
      'IncrementalAlterConfigs',
      [{ resourceType: 2, resourceName: 'energy.readings', configs }],
      false,
    )
    await expect
      .poll(async () => (await about('energy.readings')).map(({ text }) => text), { timeout: 30_000 })
      .toContain('the broker deletes what it holds after 7 days')
  })

  test('doctor names a transaction that is open for longer than its timeout, and one that nobody will end', async () => {
    const topic = await airReadings()
    const stuck: Program = { cluster, sender, transactionalId: 'stuck-program', timeoutMs: 5_000 }
    const lost: Program = { cluster, sender, transactionalId: 'lost-program', timeoutMs: 5_000 }
    const stuckAt = await leaveOpen(stuck, topic, 1, true)
    const lostAt = await leaveOpen(lost, topic, 2, false)
    const found = async (inMs: number): Promise<Finding[]> =>
      (await checkKafka(log.inspection, [topic], [], Date.now() + inMs)).filter((finding) => finding.about.startsWith(TOPIC))
    expect(await found(0)).toEqual([])
    expect(await found(120_000)).toEqual([
      {
        about: `${TOPIC}/1`,
        severity: 'problem',
        text: expect.stringMatching(
          `the transaction of stuck-program \\(Ongoing\\) is open since .*Z \\(2 minutes ago\\), its timeout is 5 seconds: .* wait at offset ${stuckAt}`,
        ),
        remedy: expect.stringContaining('Start its program again'),
      },
      {
        about: `${TOPIC}/2`,
        severity: 'problem',
        text: expect.stringMatching(`no broker will end is open, last written to .*: .* wait at offset ${lostAt}`),
        remedy: expect.stringContaining(`kafka-transactions.sh abort --topic ${TOPIC} --partition 2 --start-offset ${lostAt}`),
      },
    ])
    await startProgram(stuck)
    await expect.poll(async () => (await found(120_000)).map((one) => one.about), { timeout: 30_000 }).toEqual([`${TOPIC}/2`])
  })

  test('doctor names partitions without a leader and those with too few copies, and ends with 1', async () => {
    await kafka.nodes[1]?.kill()
    const leaderless = async (): Promise<boolean> =>
      (await log.inspection.ailingPartitions((name) => name === TOPIC)).some(({ hasLeader }) => !hasLeader)
    await expect.poll(leaderless, { timeout: 60_000 }).toBe(true)
    const problems = async (): Promise<string[]> =>
      (await doctor()).filter(({ severity }) => severity !== 'note').map(({ about: topic, text }) => `${topic}: ${text}`)
    expect(await problems()).toContainEqual(expect.stringMatching(`^${TOPIC}: partitions? .* without a leader`))
    expect(await problems()).toContainEqual(
      expect.stringMatching('^__consumer_offsets: partitions .* with fewer copies up to date .*1 of 2'),
    )
    expect((await windrow.run('doctor')).code).toBe(1)
  })

  test('doctor says once that all brokers are away', async () => {
    await Promise.all(kafka.nodes.map((node) => node.kill()))
    const problems = (await doctor()).filter(({ severity }) => severity === 'problem')
    expect(problems).toEqual([expect.objectContaining({ about: 'log', text: expect.stringMatching('^WR_KAFKA_') })])
  })
})
