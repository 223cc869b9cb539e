import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server on loopback, and does to their connections what networks do. */
export interface TcpProxy {
  /** Where the client connects to. */
  readonly port: number
  /** Connections that are open. */
  readonly open: number
  /** Breaks off all connections (RST). New ones are taken. */
  cut(): void
  /** Breaks off all connections as soon as so many more bytes have gone to the server: in the middle of what is being sent. Resolves then. */
  cutAfter(bytes: number): Promise<void>
  /** Passes nothing on in either direction until `release`; new connections are taken, and nobody answers. */
  hold(): void
  release(): void
  close(): Promise<void>
}

export async function openTcpProxy(serverPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let held = false
  let left = Number.POSITIVE_INFINITY
  let onCut: () => void = () => undefined

  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy()
  }

  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1')
    const pair = [client, upstream] as const
    pairs.add(pair)
    const forward = (from: Socket, to: Socket, counts: boolean): void => {
      if (held) from.pause()
      from.on('data', (data) => {
        if (counts) left -= data.byteLength
        if (left < 0) {
          // Half of it arrives, as when a cable is pulled.
          to.write(data.subarray(0, data.byteLength >> 1))
          left = Number.POSITIVE_INFINITY
          setImmediate(() => {
            cut()
            onCut()
          })
          return
        }
        if (!to.write(data)) {
          from.pause()
          to.once('drain', () => {
            if (!held) from.resume()
          })
        }
      })
      from.on('end', () => to.end())
      // Either end may break off at any time; the other one is then broken off too.
      from.on('error', () => to.resetAndDestroy())
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
      })
    }
    forward(client, upstream, true)
    forward(upstream, client, false)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return pairs.size
    },
    cut,
    cutAfter(bytes) {
      left = bytes
      return new Promise((resolve) => {
        onCut = resolve
      })
    },
    hold() {
      held = true
      for (const pair of pairs) for (const socket of pair) socket.pause()
    },
    release() {
      held = false
      for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
