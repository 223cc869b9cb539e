import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rowDecoder, rowEncoder, rowSchema } from '../../src/views/row-codec.ts'
import { addedCount, type Cell, count, defineView, double, optionalText, text, type View } from '../../src/views/view.ts'
import { everyType, fifteenColumns, rowsOf } from './sample-views.ts'

const ID = 0x01020304

function avscType(view: View): avro.types.RecordType {
  return avro.Type.forSchema(JSON.parse(rowSchema(view))) as avro.types.RecordType
}

function asObject(view: View, cells: readonly Cell[]): Record<string, Cell> {
  return Object.fromEntries(view.columns.map((column, i) => [column.column, cells[i] as Cell]))
}

/** What a row is after it was written: a zero has no sign. */
function written(cells: readonly Cell[]): Cell[] {
  return cells.map((cell) => (Object.is(cell, -0) ? 0 : cell))
}

function decoderOf(view: View, schema = rowSchema(view)) {
  return rowDecoder(view, (id) => (id === ID ? schema : null))
}

describe('the schema of rows', () => {
  test('has a field a column with its unit and meaning, nullable ones with default null', () => {
    const schema = JSON.parse(rowSchema(everyType))
    expect(schema).toMatchObject({
      type: 'record',
      name: 'EveryType',
      namespace: 'windrow.views',
      doc: 'One column of each type.',
    })
    expect(schema.fields).toEqual([
      { name: 'station_id', type: 'string', doc: 'The station.' },
      { name: 'hour', type: { type: 'long', logicalType: 'timestamp-millis' }, doc: 'Start of the hour.' },
      { name: 'city', type: ['null', 'string'], default: null, doc: 'Name of the city.' },
      { name: 'day', type: 'string', doc: 'Local day.' },
      { name: 'month', type: 'string', doc: 'Local month.' },
      { name: 'temperature_mean', type: ['null', 'double'], default: null, unit: 'Cel', doc: 'Mean temperature.' },
      { name: 'co', type: 'double', unit: 'mg/m3', doc: 'Carbon monoxide.' },
      { name: 'n', type: 'long', doc: 'Readings in it.' },
      { name: 'complete', type: 'boolean', doc: 'Whether the window is over.' },
      { name: 'is_rain', type: ['null', 'boolean'], default: null, doc: 'Whether it rained.' },
      {
        name: 'revised_at',
        type: ['null', { type: 'long', logicalType: 'timestamp-millis' }],
        default: null,
        doc: 'Newest revision.',
      },
    ])
  })
})

test('a column that came later has its initial value in rows that were written before it', () => {
  const key = { stationId: text('The station.') }
  const declared = { name: 'grown', doc: 'Grown.', key, stores: ['postgres'] } as const
  const before = defineView({ ...declared, values: { mean: double('Cel', 'Mean.') } })
  const after = defineView({ ...declared, values: { mean: double('Cel', 'Mean.'), meanN: addedCount('Readings.') } })
  const bytes = rowEncoder(before, ID).encode(['paris', 1.5])
  expect(decoderOf(after, rowSchema(before)).decode(bytes)).toEqual(['paris', 1.5, 0])
})

describe('a row', () => {
  const type = avscType(everyType)

  test('is written byte for byte as avsc writes it, behind the id of its schema', () => {
    const encoder = rowEncoder(everyType, ID)
    fc.assert(
      // avsc loses the last bit of whole numbers beyond 52 bits.
      fc.property(rowsOf(everyType, { wholes: 2 ** 52 - 1 }), (cells) => {
        const bytes = encoder.encode(cells)
        expect([...bytes.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4])
        expect(Buffer.from(bytes.subarray(5))).toEqual(type.toBuffer(asObject(everyType, written(cells))))
      }),
    )
  })

  test('is read back cell by cell, bit by bit, but for the sign of a zero', () => {
    const encoder = rowEncoder(everyType, ID)
    const decoder = decoderOf(everyType)
    fc.assert(
      fc.property(fc.array(rowsOf(everyType), { maxLength: 5 }), (rows) => {
        for (const cells of rows) {
          const read = decoder.decode(encoder.encode(cells))
          expect(read.every((cell, i) => Object.is(cell, written(cells)[i]))).toBe(true)
        }
      }),
    )
  })

  test('is read where it lies inside a larger piece of memory', () => {
    const bytes = rowEncoder(everyType, ID).encode(['a', 0, 'é', '2025-01-01', '2025-01', 1.5, 2.5, 3, true, null, -1])
    const around = new Uint8Array(bytes.byteLength + 20).fill(255)
    around.set(bytes, 10)
    const read = decoderOf(everyType).decode(around.subarray(10, 10 + bytes.byteLength))
    expect(read).toEqual(['a', 0, 'é', '2025-01-01', '2025-01', 1.5, 2.5, 3, true, null, -1])
  })

  test('of any length of text is written', () => {
    const encoder = rowEncoder(everyType, ID)
    const decoder = decoderOf(everyType)
    for (const length of [0, 1, 63, 64, 65, 511, 512, 100_000]) {
      for (const letter of ['a', 'é', '\u{1f327}']) {
        const cells = [letter.repeat(length), 0, letter.repeat(length), '', '', null, 1, 1, true, null, null]
        expect(decoder.decode(encoder.encode(cells))).toEqual(cells)
      }
    }
  })

  test.each([
    ['null in a column that is never null', ['a', null]],
    ['a text for an instant', ['a', '2025-01-01']],
    ['part of a millisecond', ['a', 0.5]],
    ['a number for a text', [1, 0]],
    ['nothing', [undefined, 0]],
  ])('with %s is refused by the name of its column', (_, key) => {
    const cells = [...key, null, '', '', null, 1, 1, true, null, null] as Cell[]
    expect(() => rowEncoder(everyType, ID).encode(cells)).toThrow(expect.objectContaining({ code: 'WR_ROW_CELL' }))
  })

  test('with too few cells is refused', () => {
    expect(() => rowEncoder(everyType, ID).encode(['a'])).toThrow(/has 11 cells, not 1/)
  })
})

describe('bytes that are no row', () => {
  const row = rowEncoder(everyType, ID).encode(['paris', 1, null, '2025-01-01', '2025-01', 1, 2, 3, true, null, 5]).slice()

  test('are refused wherever they are cut', () => {
    const decoder = decoderOf(everyType)
    for (let length = 0; length < row.byteLength; length++) {
      expect(() => decoder.decode(row.subarray(0, length))).toThrow(expect.objectContaining({ code: 'WR_ROW_CORRUPT' }))
    }
  })

  test('are refused with bytes left over, another branch, or a text that is not UTF-8', () => {
    const decoder = decoderOf(everyType)
    expect(() => decoder.decode(Uint8Array.from([...row, 0]))).toThrow(/1 bytes too many/)
    const branch = row.slice()
    branch[5 + 6 + 1] = 4
    expect(() => decoder.decode(branch)).toThrow(/no branch 2/)
    const text = row.slice()
    text[6] = 0xff
    expect(() => decoder.decode(text)).toThrow(/not UTF-8/)
  })

  test('are never read past their end, whatever is in them', () => {
    const decoder = decoderOf(everyType)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        try {
          decoder.decode(Uint8Array.from([0, 1, 2, 3, 4, ...body]))
        } catch (error) {
          expect(error).toMatchObject({ code: 'WR_ROW_CORRUPT' })
        }
      }),
    )
  })

  test('of a schema that nobody knows are refused with its id', () => {
    expect(() => rowDecoder(everyType, () => null).decode(row)).toThrow(
      expect.objectContaining({ code: 'WR_ROW_SCHEMA', message: expect.stringContaining('16909060') }),
    )
  })
})

describe('rows that another version of the view wrote', () => {
  const key = { stationId: text('Station.') }
  const before = defineView({ name: 'v', doc: '', key, values: { n: count(''), gone: double('1', '') }, stores: ['postgres'] })
  const after = defineView({
    name: 'v',
    doc: 'Now documented.',
    key,
    values: { city: optionalText('New.'), n: count('Readings.') },
    stores: ['postgres'],
  })

  test('are read with null in new columns and without those that are gone', () => {
    const bytes = rowEncoder(before, ID).encode(['paris', 7, 1.5])
    expect(decoderOf(after, rowSchema(before)).decode(bytes)).toEqual(['paris', null, 7])
  })

  test('are refused when a column without null is new', () => {
    const bytes = rowEncoder(defineView({ name: 'v', doc: '', key, values: {}, stores: ['postgres'] }), ID).encode(['paris'])
    const schema = rowSchema(defineView({ name: 'v', doc: '', key, values: {}, stores: ['postgres'] }))
    expect(() => decoderOf(before, schema).decode(bytes)).toThrow(
      expect.objectContaining({ code: 'WR_ROW_SCHEMA', remedy: expect.stringContaining('windrow reset --views') }),
    )
  })

  test('are refused as corrupt when they do not fit their schema', () => {
    expect(() => decoderOf(after, rowSchema(before)).decode(Uint8Array.from([0, 1, 2, 3, 4, 2]))).toThrow(
      expect.objectContaining({ code: 'WR_ROW_CORRUPT' }),
    )
  })
})

test('a widest view is encoded and decoded without a schema walk a row', () => {
  const encoder = rowEncoder(fifteenColumns, ID)
  const decoder = decoderOf(fifteenColumns)
  const cells = ['station-1', 1.7e12, 'Paris', 1.7e12, 60, 60, 1, true, null, 1.7e12, 0.31, 12.5, 48.25, 20.125, null]
  expect(decoder.decode(encoder.encode(cells))).toEqual(cells)
})
