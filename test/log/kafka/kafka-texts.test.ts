import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAssignment, decodeOwned, encodeAssignment, encodeSubscription } from '../../../src/log/kafka/group-codec.ts'
import { decodeCommitted, encodeCommitted, nextEpoch } from '../../../src/log/kafka/progress-text.ts'
import { MAX_METADATA_BYTES } from '../../../src/log/progress.ts'

describe('what is committed with an offset', () => {
  test('comes back, whatever the text', () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(fc.string()), (epoch, metadata) => {
        expect(decodeCommitted(encodeCommitted({ epoch, metadata }))).toEqual({ epoch, metadata })
      }),
    )
  })

  test('is at most the 4,096 bytes that a broker takes', () => {
    const longest = encodeCommitted({ epoch: Number.MAX_SAFE_INTEGER, metadata: 'x'.repeat(MAX_METADATA_BYTES) })
    expect(Buffer.byteLength(longest)).toBeLessThanOrEqual(4_096)
  })

  test('may have been set with a tool of Kafka’s', () => {
    expect(decodeCommitted('')).toEqual({ epoch: 0, metadata: '' })
    expect(decodeCommitted('set by hand')).toEqual({ epoch: 0, metadata: '' })
  })

  test('has an epoch that only grows', () => {
    const first = nextEpoch(0)
    expect(nextEpoch(first)).toBeGreaterThan(first)
    expect(nextEpoch(first + 1_000_000)).toBe(first + 1_000_001)
  })
})

describe('the texts of the group protocol', () => {
  const partitions = fc.uniqueArray(fc.nat(10_000))

  test('carry what a member holds and what it is given', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), partitions, (topic, owned) => {
        expect(decodeOwned(encodeSubscription({ topic, owned }))).toEqual(owned)
        expect(decodeAssignment(encodeAssignment(topic, owned))).toEqual(owned)
      }),
    )
  })

  test('of nobody hold nothing', () => {
    expect(decodeOwned(null)).toEqual([])
    expect(decodeAssignment(null)).toEqual([])
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([])
  })
})
