import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The way between a process and a server of buckets, on which one can wait for a request and do something to the process then. */
export interface WayToS3 {
  readonly url: string
  /** Requests that went this way so far. */
  readonly count: number
  /**
   * When so many more requests have come: `before` it is carried out, or `after`, when its answer is on its way. What comes then waits until the
   * promise is resolved.
   */
  at(more: number, when: 'before' | 'after', act: () => Promise<void>): void
  /** The same for the next request of a kind, before it is carried out. */
  atNext(kind: (method: string, path: string) => boolean, act: () => Promise<void>): void
  close(): Promise<void>
}

interface Plan {
  readonly isDue: (count: number, method: string, path: string) => boolean
  readonly when: 'before' | 'after'
  readonly act: () => Promise<void>
}

export async function wayToS3(target: string): Promise<WayToS3> {
  let count = 0
  let plan: Plan | null = null

  async function acted(isDue: boolean, when: Plan['when'], own: Plan | null): Promise<void> {
    if (isDue && own?.when === when) await own.act()
  }

  const server = createServer((asked, answer) => {
    count += 1
    const own = plan
    const isDue = own?.isDue(count, asked.method ?? '', asked.url ?? '') ?? false
    if (isDue) plan = null
    // Who asked may be gone by now: then nobody is told.
    passOn(asked, answer).catch(() => answer.destroy())

    async function passOn(from: IncomingMessage, to: ServerResponse): Promise<void> {
      const chunks: Buffer[] = []
      for await (const chunk of from) chunks.push(chunk as Buffer)
      await acted(isDue, 'before', own)
      const { statusCode = 500, headers, body } = await ask(from, Buffer.concat(chunks))
      await acted(isDue, 'after', own)
      to.writeHead(statusCode, headers).end(body)
    }
  })

  /** With the same `host`, which is signed. */
  function ask({ method, url, headers }: IncomingMessage, body: Buffer) {
    return new Promise<{ statusCode?: number | undefined; headers: IncomingMessage['headers']; body: Buffer }>(
      (resolve, reject) => {
        const out = request(`${target}${url}`, { method, headers }, (reply) => {
          const chunks: Buffer[] = []
          reply.on('data', (chunk: Buffer) => chunks.push(chunk))
          reply.on('end', () => resolve({ statusCode: reply.statusCode, headers: reply.headers, body: Buffer.concat(chunks) }))
          reply.on('error', reject)
        })
        out.on('error', reject)
        out.end(body)
      },
    )
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get count() {
      return count
    },
    at(more, when, act) {
      const due = count + more
      plan = { isDue: (now) => now >= due, when, act }
    },
    atNext(kind, act) {
      plan = { isDue: (_, method, path) => kind(method, path), when: 'before', act }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
