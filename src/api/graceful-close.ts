import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Lets requests under way finish when the server closes, for at most `graceMs`. Connections without a request are cut at once: a browser
 * opens some ahead of need, and Node waits for those too.
 */
export function closeGracefully(app: FastifyInstance, graceMs: number): void {
  const requests = new Map<Socket, number>()
  let closing = false
  let timer: NodeJS.Timeout | undefined

  app.server.on('connection', (socket: Socket) => {
    requests.set(socket, 0)
    socket.once('close', () => requests.delete(socket))
  })
  app.server.on('request', ({ socket }, response) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (requests.get(socket) ?? 1) - 1
      if (requests.has(socket)) requests.set(socket, left)
      if (closing && left === 0) socket.end()
    })
  })
  app.addHook('preClose', async () => {
    closing = true
    for (const [socket, underWay] of requests) if (underWay === 0) socket.destroy()
    timer = setTimeout(() => app.server.closeAllConnections(), graceMs)
  })
  app.addHook('onClose', async () => clearTimeout(timer))
}
