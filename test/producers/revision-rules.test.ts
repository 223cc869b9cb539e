import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, type Published } from '../../src/producers/revision-rules.ts'

const NOW = 1_000_000
const published = (revisedAt: number | null, byProducer = false, previous: readonly bigint[] = []): Published => ({
  hash: 1n,
  revisedAt,
  byProducer,
  previous,
})

describe('a reading', () => {
  test('that was never seen is published as upstream dates it, however old it is', () => {
    for (const revisedAt of [null, 5]) {
      expect(decide(null, 1n, revisedAt, NOW)).toEqual({
        kind: 'publish',
        isRevision: false,
        published: { hash: 1n, revisedAt, byProducer: false, previous: [] },
      })
    }
  })

  test('with the same content is not published again', () => {
    expect(decide(published(null), 1n, null, NOW).kind).toBe('unchanged')
    expect(decide(published(7), 1n, 7, NOW).kind).toBe('unchanged')
    expect(decide(published(7), 1n, 6, NOW).kind).toBe('unchanged')
    expect(decide(published(NOW, true), 1n, null, NOW).kind).toBe('unchanged')
  })

  test('with another content that upstream dates is published unless it is older than what was', () => {
    expect(decide(published(null), 2n, 6, NOW)).toMatchObject({ kind: 'publish', isRevision: true, published: { revisedAt: 6 } })
    expect(decide(published(7), 2n, 8, NOW)).toMatchObject({ kind: 'publish', published: { revisedAt: 8, byProducer: false } })
    expect(decide(published(7), 2n, 7, NOW)).toMatchObject({ kind: 'publish', published: { revisedAt: 7 } })
    expect(decide(published(7), 2n, 6, NOW)).toEqual({ kind: 'stale' })
  })

  test('with another content that nobody dates is dated by the producer, later than what was published', () => {
    expect(decide(published(null), 2n, null, NOW)).toMatchObject({ published: { revisedAt: NOW, byProducer: true } })
    expect(decide(published(NOW + 5, true), 2n, null, NOW)).toMatchObject({ published: { revisedAt: NOW + 6, byProducer: true } })
  })

  test('that nobody dates is older than one that upstream dates', () => {
    expect(decide(published(7), 2n, null, NOW)).toEqual({ kind: 'stale' })
  })

  test('that upstream dates anew with the same content is published, so that the order of arrival does not matter', () => {
    expect(decide(published(7), 1n, 8, NOW)).toMatchObject({ kind: 'publish', published: { revisedAt: 8 } })
  })

  test('whose undated contents take turns waits for the end of the poll', () => {
    expect(decide(published(NOW, true, [2n]), 2n, null, NOW)).toEqual({ kind: 'defer' })
    expect(decide(published(NOW, true, [2n]), 2n, null, NOW, true)).toMatchObject({
      kind: 'publish',
      published: { hash: 2n, revisedAt: NOW + 1, previous: [1n] },
    })
  })

  test('is published with a higher revision than before, or an equal one that upstream gave', () => {
    const revisions = fc.option(fc.nat(20))
    fc.assert(
      fc.property(
        fc.bigInt(0n, 3n),
        revisions,
        fc.boolean(),
        fc.bigInt(0n, 3n),
        revisions,
        fc.nat(20),
        (before, r0, byProducer, hash, r, now) => {
          const was = { hash: before, revisedAt: r0, byProducer: byProducer && r0 !== null, previous: [] }
          const decision = decide(was, hash, r, now)
          if (decision.kind !== 'publish') return
          const revision = decision.published.revisedAt
          expect(revision).not.toBe(null)
          if (r0 !== null) expect(revision).toBeGreaterThanOrEqual(r0)
          if (r0 === revision) expect(r).toBe(revision)
          expect(decide(decision.published, hash, r, now).kind).toBe('unchanged')
        },
      ),
    )
  })
})
