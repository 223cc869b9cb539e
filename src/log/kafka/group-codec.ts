/** The texts of Kafka's consumer protocol (versions 0 and 1), so that Kafka's own tools show members and their partitions. */
export interface Subscription {
  readonly topic: string
  /** Partitions that the member holds and has not given up. */
  readonly owned: readonly number[]
}

const VERSION = 1

export function encodeSubscription({ topic, owned }: Subscription): Buffer {
  return Buffer.concat([int16(VERSION), int32(1), string(topic), int32(-1), partitionsOf(topic, owned)])
}

/** The partitions that the member says it holds; none where the bytes are no windrow member's. */
export function decodeOwned(bytes: Buffer | null): readonly number[] {
  if (bytes === null) return []
  const reader = new Cursor(bytes)
  if (reader.int16() < VERSION) return []
  for (let left = reader.int32(); left > 0; left--) reader.string()
  reader.skipBytes()
  return reader.partitions()
}

export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  return Buffer.concat([int16(VERSION), partitionsOf(topic, partitions), int32(-1)])
}

export function decodeAssignment(bytes: Buffer | null): readonly number[] {
  if (bytes === null || bytes.byteLength < 6) return []
  const reader = new Cursor(bytes)
  reader.int16()
  return reader.partitions()
}

function partitionsOf(topic: string, partitions: readonly number[]): Buffer {
  if (partitions.length === 0) return int32(0)
  return Buffer.concat([int32(1), string(topic), int32(partitions.length), ...partitions.map(int32)])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.byteLength), bytes])
}

class Cursor {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  int16(): number {
    this.at += 2
    return this.bytes.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.bytes.readInt32BE(this.at - 4)
  }

  string(): string {
    const length = this.int16()
    this.at += length
    return this.bytes.toString('utf8', this.at - length, this.at)
  }

  skipBytes(): void {
    const length = this.int32()
    this.at += Math.max(0, length)
  }

  /** Of all topics in the text: a group has one. */
  partitions(): number[] {
    const found: number[] = []
    for (let topics = this.int32(); topics > 0; topics--) {
      this.string()
      for (let left = this.int32(); left > 0; left--) found.push(this.int32())
    }
    return found
  }
}
