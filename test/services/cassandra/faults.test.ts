import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startCassandra } from '../../../scripts/services/cassandra.js'
import type { Cassandra } from '../../../scripts/services/service.js'
import { sinkOver } from '../../../src/sinks/cassandra/cassandra-sink.ts'
import { tableName } from '../../../src/sinks/cassandra/table-cql.ts'
import type { SinkRunner } from '../../../src/sinks/sink-runner.ts'
import { conformanceView, drop, put, row } from '../../conformance/sink-setting.ts'
import { byKey, type Change, PATIENCE_MS, rowKeyOf, type SinkWorld, sinkWorld } from '../../conformance/sink-world.ts'
import { openTcpProxy } from '../../support/tcp-proxy.ts'
import { allRows, TestKeyspaces } from './cassandra-fixture.ts'

const TIMEOUT_MS = 1_500
/** As many as take a while to write. */
const STATIONS = 40
const HOURS = 60

let cassandra: Cassandra
let keyspaces: TestKeyspaces

beforeAll(async () => {
  cassandra = await startCassandra()
  keyspaces = new TestKeyspaces(cassandra.contactPoint)
})

afterAll(async () => {
  await keyspaces?.dropAll()
  await cassandra?.stop()
})

/** Every row of the stations, some of them gone when `n` is not 0. */
function changes(n: number): Change[] {
  const all = Array.from({ length: STATIONS * HOURS }, (_, i) => [`s${i % STATIONS}`, Math.floor(i / STATIONS)] as const)
  return all.map(([station, hour], i) => (n > 0 && (i + n) % 11 === 0 ? drop(station, hour) : put(station, hour, i + n)))
}

interface Scene {
  readonly world: SinkWorld
  readonly runner: SinkRunner
  /** What is in Cassandra, by a connection that saw nothing of it all. */
  held(): Promise<unknown>
  /** Resolves when the sink has begun to write. */
  untilWriting(): Promise<void>
}

async function scene(contactPoint = cassandra.contactPoint): Promise<Scene> {
  const world = await sinkWorld(conformanceView)
  const keyspace = keyspaces.name()
  const session = keyspaces.session(keyspace, { contactPoints: [contactPoint], requestTimeoutMs: TIMEOUT_MS })
  const tuning = { batchRows: 200, batchBytes: 20_000, mostBackoffMs: 200 }
  const runner = await world.start(sinkOver(session, []), tuning)
  onTestFinished(() => runner.stop())
  const written = async (): Promise<number> => (await runner.statuses()).reduce((sum, { rowsWritten }) => sum + rowsWritten, 0)
  return {
    world,
    runner,
    async held() {
      await world.caughtUp(runner)
      return byKey(conformanceView, await allRows(keyspaces.session(keyspace), conformanceView))
    },
    async untilWriting() {
      const before = await written()
      await expect.poll(written, { timeout: PATIENCE_MS, interval: 1 }).toBeGreaterThan(before)
    },
  }
}

describe('a Cassandra has what the log says', () => {
  test('after it was killed in the middle of writes and started again', async () => {
    const { world, runner, held, untilWriting } = await scene()
    await world.write(changes(0))
    await untilWriting()
    await cassandra.kill()
    await world.write(changes(1))
    const problems = async () => (await runner.statuses()).map(({ problem }) => problem?.code)
    await expect.poll(problems, { timeout: PATIENCE_MS }).toContain('WR_CASSANDRA_AWAY')
    await cassandra.start()
    await world.write(changes(2))
    expect(await held()).toEqual(world.expected())
  })

  test('after it was stopped for longer than requests wait', async () => {
    const { world, runner, held, untilWriting } = await scene()
    await world.write(changes(0))
    await untilWriting()
    await cassandra.kill('SIGSTOP')
    try {
      await world.write(changes(3))
      const states = async () => (await runner.statuses()).map(({ problem }) => problem?.code)
      await expect.poll(states, { timeout: PATIENCE_MS }).toContain('WR_CASSANDRA_AWAY')
    } finally {
      await cassandra.kill('SIGCONT')
    }
    expect(await held()).toEqual(world.expected())
  })

  test('after connections broke off in the middle of requests, and after nothing came through for a while', async () => {
    const proxy = await openTcpProxy(cassandra.port)
    onTestFinished(() => proxy.close())
    const { world, runner, held } = await scene(`127.0.0.1:${proxy.port}`)
    for (let n = 1; n <= 3; n++) {
      const cut = proxy.cutAfter(n * 30_000)
      await world.write(changes(n))
      await cut
    }
    expect(await held()).toEqual(world.expected())
    proxy.hold()
    await world.write(changes(5))
    const codes = async () => (await runner.statuses()).map(({ problem }) => problem?.code)
    await expect.poll(codes, { timeout: PATIENCE_MS }).toContain('WR_CASSANDRA_AWAY')
    proxy.release()
    expect(await held()).toEqual(world.expected())
  })

  test('but for a row that it refuses for ever, which is a dead letter with the reason', async () => {
    const { world, runner, held } = await scene()
    const long = 'x'.repeat(70_000)
    await world.write([...changes(0).slice(0, 30), put(long, 0, 7), put('after', 0, 8)])
    expect(await held()).toEqual(world.expected().filter(([station]) => station !== long))
    const [letter, ...others] = await world.deadLetters()
    expect(others).toEqual([])
    expect(letter).toMatchObject({ code: 'WR_ROW_REFUSED', message: expect.stringContaining('70000 bytes') })
    expect(Buffer.from(letter?.key ?? []).toString()).toBe(rowKeyOf(conformanceView, row(long, 0, 7)))
    expect((await runner.statuses()).reduce((sum, status) => sum + status.deadLettered, 0)).toBe(1)
  })

  test('after somebody dropped the table under it', async () => {
    const { world, runner, held } = await scene()
    await world.write(changes(0))
    await held()
    const keyspace = keyspaces.lastName()
    await keyspaces.session('system').define(`DROP TABLE ${tableName(keyspace, conformanceView.name)}`)
    // Whoever has nothing to write hears of it only when it has.
    await world.write(Array.from({ length: STATIONS }, (_, i) => put(`s${i}`, 0, 1_000 + i)))
    expect(await held()).toEqual(world.expected())
    expect((await runner.statuses()).some(({ retries }) => retries > 0)).toBe(true)
  })
})
