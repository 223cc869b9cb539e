import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Notification {
  readonly alerts: ReadonlyArray<{
    readonly status: 'firing' | 'resolved'
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }>
}

/** Somebody who is told of alerts by Alertmanager, and remembers. */
export interface ToldAlerts {
  readonly url: string
  /** `firing WindrowSinkDown`, in the order in which they came. */
  readonly told: readonly string[]
  close(): Promise<void>
}

export async function toldAlerts(): Promise<ToldAlerts> {
  const told: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      for (const { status, labels } of (JSON.parse(body) as Notification).alerts) told.push(`${status} ${labels.alertname}`)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
