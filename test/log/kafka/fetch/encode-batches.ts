import type { PartitionAnswer } from '../../../../src/log/kafka/fetch/fetch-answer.ts'

/** A record as a producer gives it. */
export interface PlainRecord {
  readonly offset: number
  readonly time: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: ReadonlyArray<readonly [string, Uint8Array | null]>
}

export interface PlainBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly records: readonly PlainRecord[]
  readonly codec?: { readonly id: number; readonly compress: (bytes: Uint8Array) => Uint8Array }
  readonly logAppendTime?: number
  readonly producerId?: number
  readonly transactional?: boolean
  readonly control?: boolean
  readonly magic?: number
}

/** Written from the protocol's description alone, so that it shares no mistake with the reader. */
export class ByteWriter {
  private readonly parts: number[] = []

  byte(value: number): this {
    this.parts.push(value & 255)
    return this
  }

  big(value: bigint, bytes: number): this {
    for (let i = bytes - 1; i >= 0; i--) this.byte(Number((value >> BigInt(i * 8)) & 255n))
    return this
  }

  int(value: number, bytes: number): this {
    return this.big(BigInt(value), bytes)
  }

  /** Zigzag, seven bits a byte. */
  varint(value: number): this {
    const wide = BigInt(value)
    return this.unsigned(BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n)))
  }

  unsigned(value: bigint): this {
    let left = value
    while (left > 127n) {
      this.byte(Number(left & 127n) | 128)
      left >>= 7n
    }
    return this.byte(Number(left))
  }

  raw(bytes: Uint8Array): this {
    for (const byte of bytes) this.parts.push(byte)
    return this
  }

  lengthAndBytes(bytes: Uint8Array | null): this {
    return bytes === null ? this.varint(-1) : this.varint(bytes.byteLength).raw(bytes)
  }

  done(): Uint8Array {
    return Uint8Array.from(this.parts)
  }
}

/** CRC-32C (Castagnoli), a bit at a time. */
export function castagnoli(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

const text = new TextEncoder()

function encodeRecord(record: PlainRecord, baseOffset: number, firstTime: number): Uint8Array {
  const body = new ByteWriter()
    .byte(0)
    .varint(record.time - firstTime)
    .varint(record.offset - baseOffset)
    .lengthAndBytes(record.key)
    .lengthAndBytes(record.value)
    .varint(record.headers?.length ?? 0)
  for (const [name, value] of record.headers ?? []) body.lengthAndBytes(text.encode(name)).lengthAndBytes(value)
  const bytes = body.done()
  return new ByteWriter().varint(bytes.byteLength).raw(bytes).done()
}

export function encodeBatch(batch: PlainBatch): Uint8Array {
  const firstTime = batch.records[0]?.time ?? 0
  const records = new ByteWriter()
  for (const record of batch.records) records.raw(encodeRecord(record, batch.baseOffset, firstTime))
  const plain = records.done()
  const attributes =
    (batch.codec?.id ?? 0) |
    (batch.logAppendTime === undefined ? 0 : 8) |
    (batch.transactional ? 16 : 0) |
    (batch.control ? 32 : 0)
  const checked = new ByteWriter()
    .int(attributes, 2)
    .int(batch.lastOffset - batch.baseOffset, 4)
    .int(firstTime, 8)
    .int(batch.logAppendTime ?? Math.max(0, ...batch.records.map(({ time }) => time)), 8)
    .int(batch.producerId ?? -1, 8)
    .int(0, 2)
    .int(0, 4)
    .int(batch.records.length, 4)
    .raw(batch.codec?.compress(plain) ?? plain)
    .done()
  return new ByteWriter()
    .int(batch.baseOffset, 8)
    .int(checked.byteLength + 9, 4)
    .int(0, 4)
    .int(batch.magic ?? 2, 1)
    .int(castagnoli(checked), 4)
    .raw(checked)
    .done()
}

/** The control batch that ends a transaction. */
export function marker(offset: number, producerId: number, kind: 'commit' | 'abort'): PlainBatch {
  const key = new ByteWriter()
    .int(0, 2)
    .int(kind === 'abort' ? 0 : 1, 2)
    .done()
  const value = new ByteWriter().int(0, 2).int(0, 4).done()
  const records = [{ offset, time: 5, key, value }]
  return { baseOffset: offset, lastOffset: offset, records, producerId, transactional: true, control: true }
}

export interface AnswerParts {
  readonly records: Uint8Array
  readonly lastStable?: number
  readonly aborted?: PartitionAnswer['aborted']
  readonly error?: number
}

/** What a broker sends for one partition, versions 13 to 17, behind the header of the answer. */
export function encodeAnswer({ records, lastStable = 0, aborted = [], error = 0 }: AnswerParts): Uint8Array {
  const writer = new ByteWriter().int(0, 4).int(0, 2).int(0, 4).unsigned(2n).raw(new Uint8Array(16)).unsigned(2n)
  writer.int(0, 4).int(error, 2).int(lastStable, 8).int(lastStable, 8).int(0, 8)
  writer.unsigned(BigInt(aborted.length + 1))
  for (const { producerId, firstOffset } of aborted) writer.int(producerId, 8).int(firstOffset, 8).unsigned(0n)
  writer.int(-1, 4).unsigned(BigInt(records.byteLength + 1))
  return writer.raw(records).unsigned(0n).unsigned(0n).unsigned(0n).done()
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
