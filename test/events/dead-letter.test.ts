import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DEAD_LETTER_SCHEMA,
  type DeadLetter,
  type DeadLetterOrigin,
  deadLetterKey,
  decodeDeadLetter,
  encodeDeadLetter,
} from '../../src/events/dead-letter.ts'
import { schemaIdOf } from '../../src/events/wire-format.ts'

const place = {
  topic: fc.string(),
  topicId: fc.string(),
  partition: fc.nat(1000),
  // avsc takes one less than the greatest safe integer.
  offset: fc.nat(Number.MAX_SAFE_INTEGER - 1),
}
const origins: fc.Arbitrary<DeadLetterOrigin> = fc.oneof(
  fc.record({ kind: fc.constant('log' as const), ...place }),
  fc.record({ kind: fc.constant('sink' as const), sink: fc.string(), ...place }),
  fc.record({ kind: fc.constant('source' as const), source: fc.string(), station: fc.string(), hash: fc.string() }),
)
const bytes = fc.option(fc.uint8Array({ maxLength: 50 }))
const letters: fc.Arbitrary<DeadLetter> = fc.record({
  origin: origins,
  input: fc.string(),
  line: fc.option(fc.nat()),
  code: fc.constantFrom('WR_READING_FIELD', 'TOO_LATE'),
  message: fc.string(),
  key: bytes,
  value: bytes,
  valueLength: fc.nat(),
  at: fc.nat(),
})

const plain = (letter: DeadLetter): unknown => ({
  ...letter,
  key: letter.key === null ? null : [...letter.key],
  value: letter.value === null ? null : [...letter.value],
})

describe('a dead letter', () => {
  test('comes back from its record as it was', () => {
    fc.assert(
      fc.property(letters, fc.nat(0xffff), (letter, schemaId) => {
        const record = encodeDeadLetter(letter, schemaId)
        expect(schemaIdOf(record)).toBe(schemaId)
        expect(plain(decodeDeadLetter(record))).toEqual(plain(letter))
      }),
    )
  })

  test('is keyed by where it came from, so that finding it again repeats no key', () => {
    expect(deadLetterKey({ kind: 'log', topic: 't', topicId: 'id', partition: 2, offset: 7 })).toBe('["log","id",2,7]')
    expect(deadLetterKey({ kind: 'sink', sink: 'postgres', topic: 't', topicId: 'id', partition: 2, offset: 7 })).toBe(
      '["sink","postgres","id",2,7]',
    )
    expect(deadLetterKey({ kind: 'source', source: 'file', station: 'paris', hash: 'ab' })).toBe('["source","file","paris","ab"]')
  })

  test('of an older writer is read with the fields that it had', () => {
    const older = JSON.parse(DEAD_LETTER_SCHEMA) as { fields: Array<{ name: string }> }
    const withNews = { ...older, fields: [...older.fields, { name: 'news', type: ['null', 'string'], default: null }] }
    const letter: DeadLetter = {
      origin: { kind: 'source', source: 'file', station: '', hash: '00' },
      line: 3,
      code: 'WR_LINE_BROKEN',
      message: 'broken',
      key: null,
      value: Uint8Array.of(1, 2),
      valueLength: 2,
      at: 5,
    }
    const newer = Buffer.concat([encodeDeadLetter(letter, 1), Buffer.of(0)])
    expect(plain(decodeDeadLetter(newer, JSON.stringify(withNews)))).toEqual(plain(letter))
  })

  test('that is none is refused with a code', () => {
    expect(() => decodeDeadLetter(Uint8Array.of(1, 2, 3))).toThrow(expect.objectContaining({ code: 'WR_DEAD_LETTER_UNREADABLE' }))
  })
})
