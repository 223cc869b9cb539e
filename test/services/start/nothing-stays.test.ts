import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { knownBrokers } from '../../../scripts/services/known-brokers.js'

const main = fileURLToPath(new URL('../../../scripts/services/main.js', import.meta.url))

/** Starts a broker as a person does, and waits for its address. */
async function byHand(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [main, 'kafka'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  expect(line).toMatch(/^KAFKA_BROKERS=127\.0\.0\.1:\d+$/)
  return { child, port: Number(line.split(':')[1]) }
}

test.each(['SIGINT', 'SIGTERM'] as const)('a broker started by hand is gone when its starter has ended by %s', async (signal) => {
  const { child, port } = await byHand()
  expect(await knownBrokers(port)).toBe(1)
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(await knownBrokers(port)).toBe(0)
})

test('a broker ends with its starter even after kill -9', async () => {
  const { child, port } = await byHand()
  expect(await knownBrokers(port)).toBe(1)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await expect.poll(() => knownBrokers(port), { timeout: 30_000 }).toBe(0)
})
