import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { balance, type Seat } from '../../src/log/balance.ts'

const ids = ['a', 'b', 'c', 'd', 'e']
const situation = fc
  .record({ partitions: fc.integer({ min: 1, max: 12 }), members: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1 }) })
  .chain(({ partitions, members }) =>
    fc.record({
      members: fc.constant(members),
      // Some hold a partition who are not there any more.
      holders: fc.array(fc.option(fc.constantFrom(...ids)), { minLength: partitions, maxLength: partitions }),
    }),
  )
const contenders = (members: readonly string[]) => members.map((id) => ({ id, topics: new Set(['t']) }))
const seatsOf = (holders: ReadonlyArray<string | null>): Seat[] =>
  holders.map((holder, partition) => ({ topic: 't', partition, holder }))
const loads = (members: readonly string[], result: ReadonlyArray<string | null>): number[] =>
  members.map((id) => result.filter((holder) => holder === id).length)

describe('the balance of a group', () => {
  test('gives every partition to somebody who is there, and nobody two more than another', () => {
    fc.assert(
      fc.property(situation, ({ members, holders }) => {
        const result = balance(seatsOf(holders), contenders(members))
        for (const holder of result) expect(members).toContain(holder)
        const counts = loads(members, result)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('moves nothing that is in balance, and comes to the same in any order of the members', () => {
    fc.assert(
      fc.property(situation, ({ members, holders }) => {
        const result = balance(seatsOf(holders), contenders(members))
        expect(balance(seatsOf(result), contenders(members))).toEqual(result)
        expect(balance(seatsOf(holders), contenders([...members].reverse()))).toEqual(result)
      }),
    )
  })

  test('takes no partition from who has less than its share', () => {
    fc.assert(
      fc.property(situation, ({ members, holders }) => {
        const result = balance(seatsOf(holders), contenders(members))
        const share = Math.floor(holders.length / members.length)
        for (const id of members) {
          const had = holders.flatMap((holder, i) => (holder === id ? [i] : []))
          if (had.length <= share) for (const i of had) expect(result[i]).toBe(id)
        }
      }),
    )
  })

  test('gives the partitions of a topic to those who want it', () => {
    const seats: Seat[] = [0, 1, 2, 3].flatMap((partition) => ['t', 'u'].map((topic) => ({ topic, partition, holder: null })))
    const result = balance(seats, [
      { id: 'a', topics: new Set(['t', 'u']) },
      { id: 'b', topics: new Set(['u']) },
    ])
    expect(seats.filter(({ topic }, i) => topic === 't' && result[i] !== 'a')).toEqual([])
    expect(result.filter((holder) => holder === 'b')).toHaveLength(4)
  })

  test('gives nothing to nobody', () => {
    expect(balance(seatsOf(['gone', null]), [])).toEqual([null, null])
  })
})
