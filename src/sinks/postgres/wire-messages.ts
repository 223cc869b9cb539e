/** Postgres' frontend/backend protocol 3, as much of it as a port in front of an embedded Postgres needs. */

const PROTOCOL_MAJOR = 3
const SSL_REQUEST = 80_877_103
const GSS_REQUEST = 80_877_104
const CANCEL_REQUEST = 80_877_102
/** No statement of a person or a tool is longer. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024

/** A message of a client: its type and the whole of its bytes. */
export interface ClientMessage {
  readonly type: string
  readonly bytes: Buffer
}

export type StartupRequest =
  | { readonly kind: 'encryption' | 'cancel' | 'unknown' }
  | { readonly kind: 'start'; readonly parameters: ReadonlyMap<string, string> }

/** Takes a client's bytes apart as they come. */
export class ClientMessages {
  private rest: Buffer = Buffer.alloc(0)

  add(chunk: Buffer): void {
    this.rest = this.rest.byteLength === 0 ? chunk : Buffer.concat([this.rest, chunk])
  }

  /** The next message of the start, which has no type; null while it is not all there. Throws RangeError for a length that cannot be. */
  startup(): StartupRequest | null {
    const body = this.take(0)
    if (body === null) return null
    const code = body.readInt32BE(4)
    if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'encryption' }
    if (code === CANCEL_REQUEST) return { kind: 'cancel' }
    if (code >> 16 !== PROTOCOL_MAJOR) return { kind: 'unknown' }
    const texts = body.toString('utf8', 8).split('\0')
    const parameters = new Map<string, string>()
    for (let i = 0; i + 1 < texts.length && texts[i] !== ''; i += 2) parameters.set(texts[i] as string, texts[i + 1] as string)
    return { kind: 'start', parameters }
  }

  /** The next message; null while it is not all there. Throws RangeError for a length that cannot be. */
  next(): ClientMessage | null {
    const bytes = this.take(1)
    return bytes === null ? null : { type: String.fromCharCode(bytes[0] as number), bytes }
  }

  /** The length stands after `before` bytes and counts itself. */
  private take(before: number): Buffer | null {
    if (this.rest.byteLength < before + 4) return null
    const length = this.rest.readInt32BE(before)
    const least = before === 0 ? 8 : 4
    if (length < least || length > MAX_MESSAGE_BYTES) throw new RangeError(`a message cannot have ${length} bytes`)
    const end = before + length
    if (this.rest.byteLength < end) return null
    const message = this.rest.subarray(0, end)
    this.rest = this.rest.subarray(end)
    return message
  }
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.byteLength + 4, 1)
  return Buffer.concat([head, body])
}

const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf8')
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value, 0)
  return bytes
}

export const authenticationOk = (): Buffer => message('R', int32(0))
export const parameterStatus = (name: string, value: string): Buffer => message('S', cString(name), cString(value))
export const backendKey = (process: number): Buffer => message('K', int32(process), int32(0))
export const readyForQuery = (): Buffer => message('Z', Buffer.from('I', 'latin1'))
export const closeStatement = (name: string): Buffer => message('C', Buffer.from('S', 'latin1'), cString(name))
export const sync = (): Buffer => message('S')

export function errorResponse(severity: 'ERROR' | 'FATAL', sqlState: string, text: string): Buffer {
  const field = (code: string, value: string): Buffer => Buffer.concat([Buffer.from(code, 'latin1'), cString(value)])
  return message('E', field('S', severity), field('V', severity), field('C', sqlState), field('M', text), Buffer.of(0))
}

/** What the server's answer says that matters to the session. */
export interface ServerState {
  /** `I` idle, `T` in a transaction, `E` in one that failed; null when the answer does not say. */
  readonly status: string | null
  /** A parameter of the session was set. */
  readonly sets: boolean
}

export function stateAfter(answer: Uint8Array): ServerState {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)
  let status: string | null = null
  let sets = false
  for (let at = 0; at + 5 <= bytes.byteLength; at += 1 + bytes.readInt32BE(at + 1)) {
    const type = String.fromCharCode(bytes[at] as number)
    if (type === 'Z') status = String.fromCharCode(bytes[at + 5] as number)
    // One of the parameters that clients are told of.
    if (type === 'S') sets = true
  }
  return { status, sets }
}

/** Gives every statement of a client a name that no other client has: the server knows one session only. */
export class StatementNames {
  private readonly prefix: string
  private unnamed = 0
  private readonly outdated: string[] = []

  constructor(connection: number) {
    this.prefix = `windrow.${connection}.`
  }

  rename({ type, bytes }: ClientMessage): Buffer {
    if (type === 'P') return this.parse(bytes)
    if (type === 'B') return this.bind(bytes)
    if ((type === 'D' || type === 'C') && bytes[5] === 0x53) return this.named(type, bytes)
    return bytes
  }

  /** Statements without name that have been replaced since the last call, as the server knows them. */
  takeOutdated(): string[] {
    return this.outdated.splice(0)
  }

  private parse(bytes: Buffer): Buffer {
    const end = bytes.indexOf(0, 5)
    if (end === 5) {
      if (this.unnamed > 0) this.outdated.push(this.nameOf(''))
      this.unnamed += 1
    }
    return message('P', cString(this.nameOf(bytes.toString('utf8', 5, end))), bytes.subarray(end + 1))
  }

  private bind(bytes: Buffer): Buffer {
    const portalEnd = bytes.indexOf(0, 5)
    const end = bytes.indexOf(0, portalEnd + 1)
    const name = this.nameOf(bytes.toString('utf8', portalEnd + 1, end))
    return message('B', bytes.subarray(5, portalEnd + 1), cString(name), bytes.subarray(end + 1))
  }

  private named(type: string, bytes: Buffer): Buffer {
    const end = bytes.indexOf(0, 6)
    return message(type, bytes.subarray(5, 6), cString(this.nameOf(bytes.toString('utf8', 6, end))))
  }

  private nameOf(name: string): string {
    return name === '' ? `${this.prefix}${this.unnamed}` : `${this.prefix}n.${name}`
  }
}
