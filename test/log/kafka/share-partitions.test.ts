import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sharePartitions } from '../../../src/log/kafka/share-partitions.ts'

const members = ['a', 'b', 'c', 'd']

test('everybody gets about as many, and all are given where nobody holds any', () => {
  const shares = sharePartitions(5, [
    { member: 'a', owned: [] },
    { member: 'b', owned: [] },
  ])
  expect([...shares.values()].flat().sort()).toEqual([0, 1, 2, 3, 4])
  expect([...shares.values()].map((share) => share.length).sort()).toEqual([2, 3])
})

test('a partition that moves is given to nobody before its holder gave it up', () => {
  const joined = sharePartitions(2, [
    { member: 'a', owned: [0, 1] },
    { member: 'b', owned: [] },
  ])
  expect(joined.get('b')).toEqual([])
  const kept = joined.get('a') as readonly number[]
  expect(kept).toHaveLength(1)
  const next = sharePartitions(2, [
    { member: 'a', owned: kept },
    { member: 'b', owned: [] },
  ])
  expect(next.get('a')).toEqual(kept)
  expect(next.get('b')).toHaveLength(1)
})

test('what two claim goes to neither until both gave it up', () => {
  const shares = sharePartitions(1, [
    { member: 'a', owned: [0] },
    { member: 'b', owned: [0] },
  ])
  expect([...shares.values()].flat()).toEqual([])
})

test('whatever is held, nobody is given what another holds, and giving up what is missing leads to even shares', () => {
  const seats = fc.array(fc.constantFrom(...members, null), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(seats, fc.integer({ min: 1, max: 4 }), (holders, count) => {
      const present = members.slice(0, count)
      let held = new Map(present.map((member) => [member, holders.flatMap((holder, p) => (holder === member ? [p] : []))]))
      const claims = () => present.map((member) => ({ member, owned: held.get(member) ?? [] }))
      const first = sharePartitions(holders.length, claims())
      for (const [member, share] of first) {
        for (const [other, owned] of held) if (other !== member) expect(share.some((p) => owned.includes(p))).toBe(false)
      }
      for (let round = 0; round < 3; round++)
        held = new Map([...sharePartitions(holders.length, claims())].map(([m, s]) => [m, [...s]]))
      const sizes = [...held.values()].map((share) => share.length)
      expect([...held.values()].flat().sort((a, b) => a - b)).toEqual(holders.map((_, p) => p))
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})
