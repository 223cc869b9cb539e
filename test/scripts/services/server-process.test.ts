import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePorts } from '../../../scripts/services/free-ports.js'
import { serverProcess } from '../../../scripts/services/server-process.js'

let folder: string
let port: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windrow-server-'))
  port = (await freePorts(1))[0] as number
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function answers(): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function nodeServer(program: string): ReturnType<typeof serverProcess> {
  return serverProcess({
    name: 'a server',
    command: process.execPath,
    args: ['-e', program],
    logFile: join(folder, 'log'),
    isReady: answers,
    scratch: null,
  })
}

const listening = (): string => `require('node:net').createServer().listen(${port}, '127.0.0.1'); console.log('hello')`

describe.runIf(process.platform !== 'win32')('a server that runs as a process', () => {
  test('answers when start resolves, and is gone when kill does', async () => {
    const server = nodeServer(listening())
    await server.start()
    const pid = server.pid as number
    expect([server.runs, await answers(), server.log()]).toEqual([true, true, 'hello\n'])
    await server.kill()
    expect([server.runs, server.pid, await answers()]).toEqual([false, null, false])
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('starts again at its address', async () => {
    const server = nodeServer(listening())
    for (const end of [server.stop, server.kill]) {
      await server.start()
      await expect(server.start()).rejects.toThrow('runs already')
      await end()
      expect(await answers()).toBe(false)
    }
  })

  test('ends by SIGTERM although it was stopped by SIGSTOP', async () => {
    const server = nodeServer(listening())
    await server.start()
    await server.kill('SIGSTOP')
    await server.stop()
    expect(server.runs).toBe(false)
  })

  test('takes what it started with it', async () => {
    const mark = join(folder, 'mark')
    const child = `setInterval(() => require('node:fs').writeFileSync('${mark}', ''), 5)`
    const server = nodeServer(
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); ${listening()}`,
    )
    await server.start()
    await expect.poll(() => existsSync(mark)).toBe(true)
    const group = server.pid as number
    await server.kill()
    await expect.poll(() => groupExists(group), { timeout: 60_000 }).toBe(false)
  })

  test('says what it printed when it ends before it answers', async () => {
    const server = nodeServer(`console.error('no such setting'); process.exit(1)`)
    await expect(server.start()).rejects.toThrow('a server ended before it was ready:\nno such setting')
    expect(server.runs).toBe(false)
  })

  test('says so when its program is missing', async () => {
    const server = serverProcess({
      name: 'a server',
      command: join(folder, 'missing'),
      args: [],
      logFile: join(folder, 'log'),
      isReady: answers,
      scratch: null,
    })
    await expect(server.start()).rejects.toThrow('a server ended before it was ready')
  })
})

function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return false
  }
}
