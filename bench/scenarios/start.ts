import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { figureOfRounds } from '../report/figure.ts'
import type { Scenario } from './scenario.ts'

const ROUNDS = 3
const root = fileURLToPath(new URL('../../..', import.meta.url))
const VIEWS = ['weather_hourly', 'air_hourly', 'daily_energy_summary'] as const
const LOOK_EVERY_MS = 20
const STOP_WITHIN_MS = 30_000

/** Starts all of windrow in an empty folder and asks its API for rows until there is one; the simulator gives the readings. */
export const start: Scenario = async ({ folder, quick }) => {
  const seconds: number[] = []
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) seconds.push(await measureStart(join(folder, String(round))))
  return [figureOfRounds('to the first row', 's', seconds, { atMost: 5 })]
}

async function measureStart(dataFolder: string): Promise<number> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, [join(root, 'bin', 'windrow.js'), 'start'], {
    cwd: root,
    env: {
      ...process.env,
      WINDROW_DATA_DIR: dataFolder,
      WINDROW_HOST: '127.0.0.1',
      WINDROW_PORT: String(port),
      WINDROW_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000)
  })
  const ended = once(child, 'close')
  try {
    while (!(await hasRow(port))) {
      if (child.exitCode !== null) throw new Error(`windrow start ended with exit code ${child.exitCode}: ${complaints}`)
      await delay(LOOK_EVERY_MS)
    }
    return (performance.now() - began) / 1000
  } finally {
    await stop(child, ended)
  }
}

async function hasRow(port: number): Promise<boolean> {
  const answers = await Promise.all(VIEWS.map((view) => rowsOf(`http://127.0.0.1:${port}/api/views/${view}?limit=1`)))
  return answers.some((rows) => rows > 0)
}

/** How many rows it answers with; none while nobody listens there, or the views are not there yet. */
async function rowsOf(url: string): Promise<number> {
  let response: Response
  try {
    response = await fetch(url)
  } catch {
    // Not listening yet: the caller looks again, and notices when the process has ended.
    return 0
  }
  const body = (await response.json()) as { readonly rows?: readonly unknown[] }
  return response.ok ? (body.rows?.length ?? 0) : 0
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(timer)
}
