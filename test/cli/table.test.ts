import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { fitsWhole, renderFitting, renderRecords, renderTable } from '../../src/cli/table.ts'

const columns = [{ title: 'station' }, { title: 'where' }, { title: 'readings', align: 'right' }] as const
const rows = [
  ['paris', 'Paris, not far from the river, on a roof with a view of the whole city and of the hills behind it', '8,760'],
  ['sim-air-lisbon', 'Lisboa', '12'],
]

describe('a table', () => {
  test('is aligned, with numbers to the right and no lines', () => {
    expect(
      renderTable(
        columns,
        [
          ['a', 'b', '1'],
          ['abcdefghij', 'c', '1,000'],
        ],
        { columns: null, colours: false },
      ),
    ).toBe('station     where  readings\na           b             1\nabcdefghij  c         1,000\n')
  })

  test('has a row a line in a pipe, however wide', () => {
    expect(renderTable(columns, rows, { columns: null, colours: false }).split('\n')).toHaveLength(4)
  })

  test('of many rows has one heading, and columns that stand below each other from the first row to the last', () => {
    const many = Array.from({ length: 1_234 }, (_, i) => [`station-${i}`, 'x'.repeat(i % 7), String(i)])
    const lines = renderTable(columns, many, { columns: 80, colours: false }).trimEnd().split('\n')
    expect(lines).toEqual([
      'station       where   readings',
      ...many.map(([station = '', where = '', n = '']) => `${station.padEnd(14)}${where.padEnd(8)}${n.padStart(8)}`),
    ])
  })

  test('is asked whether it fits with more rows than a call takes arguments', () => {
    const many = Array.from({ length: 200_000 }, () => ['paris', '', '1'])
    expect(fitsWhole(columns, many, { columns: 80 })).toBe(true)
    expect(fitsWhole(columns, [...many, ['x'.repeat(99), '', '']], { columns: 80 })).toBe(false)
  })

  test.each([80, 60, 40])('fits into a terminal of %i columns without losing a word', (width) => {
    const text = renderTable(columns, rows, { columns: width, colours: false })
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
    for (const word of ['river', 'hills', '8,760', 'Lisboa']) expect(text).toContain(word)
  })

  test('cuts a word that is longer than its column, but leaves none of it out', () => {
    const id = '["log","3f2a9c0d7e6b4f1a8c5d2e9b0a7f4c1d",3,1234567]'
    const text = renderTable([{ title: 'code' }, { title: 'id' }], [['WR_READING_TIMESTAMP', id]], {
      columns: 40,
      colours: false,
    })
    const pieces = text.split('\n').map((line) => line.slice(-18).trim())
    expect(pieces.join('')).toContain(id.slice(-10))
    expect(text).not.toContain('…')
  })

  test('has colours only where they are wanted, and is as wide with them', () => {
    const coloured = renderTable(columns, rows, { columns: 80, colours: true })
    expect(coloured).not.toBe(stripVTControlCharacters(coloured))
    expect(stripVTControlCharacters(coloured)).toBe(renderTable(columns, rows, { columns: 80, colours: false }))
  })
})

describe('what is too wide for a table', () => {
  const wide = [{ title: 'consumption_energy_mwh' }, { title: 'day' }]
  const days = [
    ['1142566.9648525764', '2026-11-23'],
    ['1492100.4575554188', ''],
  ]

  test.each([
    [34, true],
    [33, false],
    [null, true],
  ])('in %s columns a table with a title of 22 signs and a day stands whole: %s', (width, whole) => {
    expect(fitsWhole(wide, days, { columns: width })).toBe(whole)
  })

  test('is not a text of several words, which is wrapped', () => {
    expect(fitsWhole(columns, rows, { columns: 60 })).toBe(true)
  })

  test('is what does not fit however narrow its columns are', () => {
    const many = Array.from({ length: 12 }, () => ({ title: 'n' }))
    expect(fitsWhole(many, [many.map(() => '1')], { columns: 30 })).toBe(false)
  })

  test.each([
    [null, 'a  b  c  d', []],
    [10, 'a  b  c  d', []],
    [9, 'a  b  d', ['not shown in 9 columns: c (--json has all)']],
    [6, 'a  d', ['not shown in 6 columns: b, c (--json has all)']],
    [1, 'a  d', ['not shown in 1 columns: b, c (--json has all)']],
  ])('has in %s columns the columns %s: what can be spared is left out first, and named', (width, shown, told) => {
    const titles = [{ title: 'a' }, { title: 'b', spare: 1 }, { title: 'c', spare: 2 }, { title: 'd' }]
    const [heading, row, ...rest] = renderFitting(titles, [['a', 'b', 'c', 'd']], { columns: width, colours: false })
      .trimEnd()
      .split('\n')
    expect([heading, row]).toEqual([shown, shown])
    expect(rest).toEqual(told)
  })

  test('is written with a line a column, and no number is cut', () => {
    expect(renderRecords(wide, days, { colours: false })).toBe(
      [
        'row 1',
        '  consumption_energy_mwh  1142566.9648525764',
        '  day                     2026-11-23',
        '',
        'row 2',
        '  consumption_energy_mwh  1492100.4575554188',
        '  day',
        '',
      ].join('\n'),
    )
  })
})
