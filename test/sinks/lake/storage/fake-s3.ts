import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface FakeObject {
  readonly bytes: Buffer
  readonly etag: string
  readonly metadata: Readonly<Record<string, string>>
}

interface FakeUpload {
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
  readonly parts: Map<number, FakeObject>
}

/** `METHOD key?query` of a request, for faults: what is to happen instead of its answer. `lost`: it is carried out, and the connection ends. `silent`: there is none. */
export type Fault = 'lost' | 'cut' | 'silent' | { readonly status: number; readonly code: string }

export interface FakeS3 {
  readonly url: string
  readonly objects: Map<string, FakeObject>
  readonly uploads: Map<string, FakeUpload>
  /** Of all requests so far. */
  readonly requests: string[]
  /** Asked for every request. */
  faultOf: (request: string) => Fault | null
  /** Whether conditions are kept: older servers write anyway. */
  keeps: { put: boolean; complete: boolean }
  /** Files that a page of a list has at most. */
  pageSize: number
  close(): Promise<void>
}

const BUCKET = '/bucket/'

class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

/** As much of S3 as a lake needs, in this process: one bucket called `bucket`, whose requests need no signature. */
export async function fakeS3(): Promise<FakeS3> {
  const objects = new Map<string, FakeObject>()
  const uploads = new Map<string, FakeUpload>()
  const requests: string[] = []

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, Buffer.concat(chunks), response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const fake: FakeS3 = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    uploads,
    requests,
    faultOf: () => null,
    keeps: { put: true, complete: true },
    pageSize: 1000,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake')
    const key = decodeURIComponent(url.pathname).slice(BUCKET.length)
    const seen = `${request.method} ${key}${url.search}`
    requests.push(seen)
    const fault = fake.faultOf(seen)
    if (fault === 'cut') return void request.socket.destroy()
    if (fault === 'silent') return
    try {
      if (fault !== null && fault !== 'lost') throw new Refusal(fault.status, fault.code)
      if (!`${decodeURIComponent(url.pathname)}/`.startsWith(BUCKET)) throw new Refusal(404, 'NoSuchBucket')
      const operation = operations.find(({ of }) => of(request.method ?? '', key, url.searchParams))
      if (operation === undefined) throw new Refusal(501, 'NotImplemented')
      const {
        status = 200,
        headers = {},
        content = '',
      } = operation.run({ key, query: url.searchParams, headers: request.headers, body })
      if (fault === 'lost') return void request.socket.destroy()
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(content) })
      response.end(request.method === 'HEAD' ? undefined : content)
    } catch (error) {
      const { status, code } = error instanceof Refusal ? error : { status: 500, code: 'InternalError' }
      response.writeHead(status, { 'content-type': 'application/xml' })
      response.end(
        request.method === 'HEAD' ? undefined : `<Error><Code>${code}</Code><Message>${String(error)}</Message></Error>`,
      )
    }
  }

  interface Asked {
    readonly key: string
    readonly query: URLSearchParams
    readonly headers: IncomingMessage['headers']
    readonly body: Buffer
  }
  interface Answer {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly content?: string | Buffer
  }

  function check(key: string, headers: IncomingMessage['headers'], isKept: boolean): void {
    const found = objects.get(key)
    const { 'if-match': match, 'if-none-match': none } = headers
    if (!isKept) return
    if (none === '*' && found !== undefined) throw new Refusal(412, 'PreconditionFailed')
    if (match !== undefined && found === undefined) throw new Refusal(404, 'NoSuchKey')
    if (match !== undefined && found?.etag !== match) throw new Refusal(412, 'PreconditionFailed')
  }

  function uploadOf(query: URLSearchParams): FakeUpload {
    const upload = uploads.get(query.get('uploadId') ?? '')
    if (upload === undefined) throw new Refusal(404, 'NoSuchUpload')
    return upload
  }

  function get({ key }: Asked): Answer {
    const found = objects.get(key)
    if (found === undefined) throw new Refusal(404, 'NoSuchKey')
    return { headers: { etag: found.etag, ...found.metadata }, content: found.bytes }
  }

  const operations: ReadonlyArray<{
    readonly of: (method: string, key: string, query: URLSearchParams) => boolean
    readonly run: (asked: Asked) => Answer
  }> = [
    { of: (method, key) => (method === 'GET' || method === 'HEAD') && key !== '', run: get },
    {
      of: (method, key, query) => method === 'GET' && key === '' && query.has('uploads'),
      run: ({ query }) => {
        const found = [...uploads].filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''))
        const each = found.map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
        return { content: `<ListMultipartUploadsResult>${each.join('')}</ListMultipartUploadsResult>` }
      },
    },
    {
      of: (method, key, query) => method === 'GET' && key === '' && query.get('list-type') === '2',
      run: ({ query }) => list(query),
    },
    {
      of: (method, _, query) => method === 'PUT' && query.has('partNumber'),
      run: ({ query, body }) => {
        const part = objectOf(body, {})
        uploadOf(query).parts.set(Number(query.get('partNumber')), part)
        return { headers: { etag: part.etag } }
      },
    },
    {
      of: (method) => method === 'PUT',
      run: ({ key, headers, body }) => {
        check(key, headers, fake.keeps.put)
        const object = objectOf(body, metadataOf(headers))
        objects.set(key, object)
        return { headers: { etag: object.etag } }
      },
    },
    {
      of: (method, _, query) => method === 'POST' && query.has('uploads'),
      run: ({ key, headers }) => {
        const id = randomUUID()
        uploads.set(id, { key, metadata: metadataOf(headers), parts: new Map() })
        return { content: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>` }
      },
    },
    {
      of: (method, _, query) => method === 'POST' && query.has('uploadId'),
      run: ({ key, query, headers, body }) => {
        const { parts, metadata } = uploadOf(query)
        check(key, headers, fake.keeps.complete)
        const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map((match) => Number(match[1]))
        const bytes = Buffer.concat(numbers.map((number) => parts.get(number)?.bytes ?? Buffer.alloc(0)))
        const object = { ...objectOf(bytes, metadata), etag: `${objectOf(bytes, {}).etag.slice(0, -1)}-${numbers.length}"` }
        objects.set(key, object)
        uploads.delete(query.get('uploadId') ?? '')
        const etag = object.etag.replaceAll('"', '&quot;')
        return { content: `<CompleteMultipartUploadResult><ETag>${etag}</ETag></CompleteMultipartUploadResult>` }
      },
    },
    {
      of: (method, key, query) => method === 'POST' && key === '' && query.has('delete'),
      run: ({ body }) => {
        for (const [, key = ''] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) objects.delete(key)
        return { content: '<DeleteResult></DeleteResult>' }
      },
    },
    {
      of: (method, _, query) => method === 'DELETE' && query.has('uploadId'),
      run: ({ query }) => {
        uploadOf(query)
        uploads.delete(query.get('uploadId') ?? '')
        return { status: 204 }
      },
    },
    {
      of: (method) => method === 'DELETE',
      run: ({ key }) => {
        objects.delete(key)
        return { status: 204 }
      },
    },
  ]

  function list(query: URLSearchParams): Answer {
    const after = Buffer.from(query.get('continuation-token') ?? '', 'hex').toString()
    const keys = [...objects.keys()]
      .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const page = keys.slice(0, fake.pageSize)
    const entries = page.map((key) => {
      const { bytes, etag } = objects.get(key) as FakeObject
      const name = query.get('encoding-type') === 'url' ? encodeURIComponent(key).replaceAll('%20', '+') : key
      return `<Contents><Key>${name}</Key><Size>${bytes.byteLength}</Size><ETag>${etag}</ETag></Contents>`
    })
    const isTruncated = page.length < keys.length
    const next = isTruncated
      ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? '').toString('hex')}</NextContinuationToken>`
      : ''
    return {
      content: `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`,
    }
  }

  return fake
}

function objectOf(bytes: Buffer, metadata: Readonly<Record<string, string>>): FakeObject {
  return { bytes, etag: `"${createHash('md5').update(bytes).digest('hex')}"`, metadata }
}

function metadataOf(headers: IncomingMessage['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [])),
  )
}
