import { randomBytes } from 'node:crypto'

/*
 * Everything of the log lies under one first byte in the store; the second says what it is. Numbers are big endian, so
 * that the order of keys is the order of offsets.
 */
const LOG = 0x4c
const TOPIC = 0x74
const HEAD = 0x68
const BLOCK = 0x62
const PROGRESS = 0x70
const LEASE = 0x6c
const TRASH = 0x64
const MEMBER = 0x6d
const GROUP = 0x67
const SESSION = 0x73
const WRITER = 0x77
const COMPACTION = 0x63
const REGISTRY = 0x72
const text = new TextEncoder()

/** 22 characters. */
export function randomTopicId(): string {
  return randomBytes(16).toString('base64url')
}

export const topicsPrefix = Uint8Array.of(LOG, TOPIC)

/** Holds the topic's description. */
export function topicKey(name: string): Uint8Array {
  return join(topicsPrefix, text.encode(name))
}

/** Holds the end of a partition, see PartitionHead. */
export function headKey(topicId: string, partition: number): Uint8Array {
  return partitionKey(HEAD, topicId, partition, 0)
}

/** Holds the block whose range of offsets begins at `base`. */
export function blockKey(topicId: string, partition: number, base: number): Uint8Array {
  const key = partitionKey(BLOCK, topicId, partition, 8)
  new DataView(key.buffer).setBigUint64(22, BigInt(base))
  return key
}

/** Start of every block key of the topic. */
export function blocksPrefix(topicId: string): Uint8Array {
  return partitionKey(BLOCK, topicId, 0, 0).subarray(0, 18)
}

export function baseOfBlockKey(key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(22))
}

/** Start of every progress key of the topic. */
export function progressPrefix(topicId: string): Uint8Array {
  return partitionKey(PROGRESS, topicId, 0, 0).subarray(0, 18)
}

export function progressKey(topicId: string, partition: number, group: string): Uint8Array {
  return join(partitionKey(PROGRESS, topicId, partition, 0), text.encode(group))
}

/** Start of every lease key of the topic. */
export function leasesPrefix(topicId: string): Uint8Array {
  return partitionKey(LEASE, topicId, 0, 0).subarray(0, 18)
}

export function leaseKey(topicId: string, partition: number, group: string): Uint8Array {
  return join(partitionKey(LEASE, topicId, partition, 0), text.encode(group))
}

export const trashPrefix = Uint8Array.of(LOG, TRASH)

/** Marks a deleted topic whose blocks are still there. */
export function trashKey(topicId: string): Uint8Array {
  return join(trashPrefix, Buffer.from(topicId, 'base64url'))
}

/** Start of the keys of a group's members. */
export function membersPrefix(group: string): Uint8Array {
  return join(Uint8Array.of(LOG, MEMBER), text.encode(`${group}\0`))
}

export function memberKey(group: string, member: string): Uint8Array {
  return join(membersPrefix(group), text.encode(member))
}

/** Its value changes with every change of the group's members and leases. */
export function groupKey(group: string): Uint8Array {
  return join(Uint8Array.of(LOG, GROUP), text.encode(group))
}

export const sessionsPrefix = Uint8Array.of(LOG, SESSION)

export function sessionKey(session: string): Uint8Array {
  return join(sessionsPrefix, text.encode(session))
}

export function writerKey(id: string): Uint8Array {
  return join(Uint8Array.of(LOG, WRITER), text.encode(id))
}

export function join(prefix: Uint8Array, rest: Uint8Array): Uint8Array {
  const key = new Uint8Array(prefix.byteLength + rest.byteLength)
  key.set(prefix)
  key.set(rest, prefix.byteLength)
  return key
}

function partitionKey(kind: number, topicId: string, partition: number, more: number): Uint8Array {
  const key = new Uint8Array(22 + more)
  key[0] = LOG
  key[1] = kind
  key.set(Buffer.from(topicId, 'base64url').subarray(0, 16), 2)
  new DataView(key.buffer).setUint32(18, partition)
  return key
}

/** Keys of the schema registry: `kind` is one word. */
export function registryKey(kind: 'id' | 'hash' | 'subject' | 'last', name: string): Uint8Array {
  return join(Uint8Array.of(LOG, REGISTRY), text.encode(`${kind}\0${name}`))
}

/** Holds the token of the compaction that is at work on the partition. */
export function compactionKey(topicId: string, partition: number): Uint8Array {
  return partitionKey(COMPACTION, topicId, partition, 0)
}
