import { type AddressInfo, createServer as createNetServer, type Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/api/listen.ts'
import { startServer } from './start-server.ts'

async function holdPort(): Promise<number> {
  const holder: Server = createNetServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void holder.close())
  return (holder.address() as AddressInfo).port
}

describe('listening', () => {
  test('takes the next free port when the first is taken, and says where it is', async () => {
    const taken = await holdPort()
    const { app } = startServer()
    const at = await listen(app, { host: '127.0.0.1', port: taken })
    expect(at.port).toBeGreaterThan(taken)
    expect(at.url).toBe(`http://127.0.0.1:${at.port}`)
    expect((await fetch(`${at.url}/health/live`)).status).toBe(200)
  })

  test('takes any free port for 0', async () => {
    const at = await listen(startServer().app, { host: '127.0.0.1', port: 0 })
    expect((await fetch(`${at.url}/api/stations`)).status).toBe(200)
  })

  test('says what is wrong with an address that is not of this machine', async () => {
    await expect(listen(startServer().app, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'WR_LISTEN',
      kind: 'usage',
      message: expect.stringContaining('192.0.2.1'),
    })
  })

  test('says so when the last port is taken too', async () => {
    const holder = createNetServer()
    const held = await new Promise<boolean>((resolve) => {
      holder.once('error', () => resolve(true))
      holder.listen(65_535, '127.0.0.1', () => resolve(true))
    })
    onTestFinished(() => void holder.close())
    expect(held).toBe(true)
    await expect(listen(startServer().app, { host: '127.0.0.1', port: 65_535 })).rejects.toMatchObject({
      code: 'WR_PORT_TAKEN',
      remedy: expect.stringContaining('WINDROW_PORT'),
    })
  })
})
