import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CollectedSpan {
  readonly name: string
  readonly service: string
  readonly role: string
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly failed: boolean
  readonly durationMs: number
}

interface OtlpValue {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly boolValue?: boolean
}
type OtlpAttributes = ReadonlyArray<{ readonly key: string; readonly value: OtlpValue }>

interface OtlpTraces {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: OtlpAttributes }
    readonly scopeSpans: ReadonlyArray<{
      readonly spans: ReadonlyArray<{
        readonly name: string
        readonly attributes: OtlpAttributes
        readonly status?: { readonly code?: number }
        readonly startTimeUnixNano: string
        readonly endTimeUnixNano: string
      }>
    }>
  }>
}

const plain = (attributes: OtlpAttributes): Record<string, string | number | boolean> =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => [
      key,
      stringValue ?? boolValue ?? Number(intValue ?? doubleValue),
    ]),
  )

function spansOf(body: OtlpTraces): CollectedSpan[] {
  return body.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const process = plain(resource.attributes)
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, attributes, status, startTimeUnixNano, endTimeUnixNano }) => ({
        name,
        service: String(process['service.name']),
        role: String(process['windrow.role']),
        attributes: plain(attributes),
        failed: status?.code === 2,
        durationMs: Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6,
      })),
    )
  })
}

export interface FakeCollector {
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** Requests that came, answered or not. */
  requests(): number
  close(): void
}

/** Takes traces as OTLP over HTTP in JSON. `hangs`: it takes requests and answers none. */
export async function startFakeCollector({ hangs = false } = {}): Promise<FakeCollector> {
  const spans: CollectedSpan[] = []
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (hangs) return
      spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString()) as OtlpTraces))
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests: () => requests,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
