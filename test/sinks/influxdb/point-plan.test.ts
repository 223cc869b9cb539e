import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leavesRemains } from '../../../src/sinks/influxdb/known-points.ts'
import { pointPlan } from '../../../src/sinks/influxdb/point-plan.ts'
import { builtInViews } from '../../../src/views/index.ts'
import {
  type Cell,
  count,
  defineView,
  double,
  flag,
  instant,
  localDay,
  localMonth,
  optionalFlag,
  optionalInstant,
  optionalText,
  requiredDouble,
  text,
  type View,
} from '../../../src/views/view.ts'
import { parseLine } from './parse-line.ts'

const key = { stationId: text('Station.'), hour: instant('Hour.') }
const view = defineView({
  name: 'all kinds, of columns',
  doc: '',
  key,
  values: {
    country: optionalText(''),
    city: optionalText(''),
    note: optionalText(''),
    seenAt: optionalInstant(''),
    mean: double('1', ''),
    n: count(''),
    complete: optionalFlag(''),
  },
  stores: ['influxdb'],
})
const plan = pointPlan(view)

/** The row that InfluxDB gives back of a line. */
function readBack(line: string): { cells: Cell[]; shape: { valueTags: string; missing: string } } {
  const { tags, fields, time } = parseLine(line)
  const columns = ['time', ...Object.keys(fields)]
  const decoder = plan.decoder({ tags, columns })
  const values = [time, ...Object.values(fields)]
  expect(decoder.keyCells(values)).toEqual(decoder.cells(values).slice(0, 2))
  return { cells: decoder.cells(values), shape: decoder.shape(values) }
}

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\\', ',', '=', ' ', '"', '\n', 'a') }))
const anyValues = fc.tuple(
  fc.option(anyText),
  fc.option(anyText),
  fc.option(anyText),
  fc.option(fc.integer({ min: -9e12, max: 9e12 })),
  fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (x === 0 ? 0 : x))),
  fc.maxSafeNat(),
  fc.option(fc.boolean()),
)
const goodStation = fc.stringMatching(/^[a-zé\u{1f327},="'# ]{1,8}$/u)
const anyRow = fc
  .tuple(goodStation, fc.integer({ min: -9_223_372_036_854, max: 9_223_372_036_853 }), anyValues)
  .map(([station, hour, values]): Cell[] => [station, hour, ...values])

describe('a row as a point', () => {
  test('comes back as it was, whatever its texts and numbers are', () => {
    fc.assert(
      fc.property(anyRow, (cells) => {
        const { line, valueTags, missing } = plan.encode(cells)
        expect(line).not.toMatch(/^[^"]*\n/)
        const found = readBack(line)
        expect(found.cells).toEqual(cells)
        expect(found.shape).toEqual({ valueTags, missing })
        expect(plan.shape(cells)).toEqual(found.shape)
      }),
    )
  })

  test('leaves remains of another exactly where overwriting it field by field would', () => {
    fc.assert(
      fc.property(anyRow, anyValues, ([station, hour, ...before], next) => {
        const [old, fresh] = [
          [station, hour, ...before],
          [station, hour, ...next],
        ].map((cells) => plan.encode(cells as Cell[])) as [ReturnType<typeof plan.encode>, ReturnType<typeof plan.encode>]
        const [a, b] = [parseLine(old.line), parseLine(fresh.line)]
        const isSameSeries = JSON.stringify(a.tags) === JSON.stringify(b.tags)
        const isCovered = Object.keys(a.fields).every((name) => name in b.fields)
        expect(leavesRemains(old, fresh)).toBe(!(isSameSeries && isCovered))
      }),
    )
  })

  test('has the key and the place as tags, counts and instants as integers, the measurement of the view', () => {
    const cells = ['paris', 1_000, 'FR', 'Paris', 'fine', 5, 0.5, 3, true]
    expect(plan.encode(cells).line).toBe(
      'all\\ kinds\\,\\ of\\ columns,city=Paris,country=FR,station_id=paris note="fine",seen_at=5i,mean=0.5,n=3i,complete=true 1000',
    )
  })

  test('keeps in a field what a tag cannot hold as it is', () => {
    const { line } = plan.encode(['paris', 0, '', 'two\nlines\\', null, null, null, 1, null])
    expect(parseLine(line)).toMatchObject({
      tags: { city: 'two lines', station_id: 'paris' },
      fields: { country_exact: '', city_exact: 'two\nlines\\' },
    })
  })

  test.each([
    ['', 0],
    ['two\nlines', 0],
    ['ends with\\', 0],
    ['a\\,b', 0],
    ['far', 9_223_372_036_855],
  ])('is refused where its key cannot be one: station %j, %d ms', (station, hour) => {
    const cells = [station, hour, null, null, null, null, null, 1, null]
    expect(() => plan.encode(cells)).toThrow(expect.objectContaining({ code: 'WR_ROW_REFUSED' }))
    expect(() => plan.checkKey(cells.slice(0, 2))).toThrow(expect.objectContaining({ code: 'WR_ROW_REFUSED' }))
  })

  test('is refused where a number is none that its column can be', () => {
    for (const [mean, n] of [
      [Number.NaN, 1],
      [1, 0.5],
    ] as const) {
      expect(() => plan.encode(['p', 0, null, null, null, null, mean, n, null])).toThrow(
        expect.objectContaining({ code: 'WR_ROW_REFUSED' }),
      )
    }
  })

  test('has a field also where all its columns may be null', () => {
    const bare = defineView({ name: 'bare', doc: '', key, values: { mean: double('1', '') }, stores: [] })
    expect(pointPlan(bare).encode(['p', 7, null]).line).toBe('bare,station_id=p windrow_present=true 7')
    const decoder = pointPlan(bare).decoder({ tags: { station_id: 'p' }, columns: ['time', 'windrow_present'] })
    expect(decoder.cells([7, true])).toEqual(['p', 7, null])
  })
})

describe('the time of a point', () => {
  const values = { mean: requiredDouble('1', '') }
  const timed = (column: ReturnType<typeof localDay>): View =>
    defineView({ name: 'timed', doc: '', key: { stationId: text(''), at: column }, values, stores: [] })

  test.each([
    [localDay(''), '2025-03-30', Date.UTC(2025, 2, 30)],
    [localDay(''), '1969-12-31', -86_400_000],
    [localMonth(''), '2024-02', Date.UTC(2024, 1, 1)],
  ])('follows from the key alone and gives it back (%#)', (column, cell, at) => {
    const plan = pointPlan(timed(column))
    expect(plan.encode(['p', cell, 1]).line).toBe(`timed,station_id=p mean=1 ${at}`)
    const decoder = plan.decoder({ tags: { station_id: 'p' }, columns: ['time', 'mean'] })
    expect(decoder.cells([at, 1])).toEqual(['p', cell, 1])
  })

  test.each([
    ['no time', { stationId: text('') }, values],
    ['two times', { day: localDay(''), hour: instant('') }, values],
    ['a time that is not last', { hour: instant(''), stationId: text('') }, values],
    ['a count in the key', { level: count(''), hour: instant('') }, values],
    ['a column called time', { stationId: text(''), hour: instant('') }, { time: flag('') }],
    ['two columns of one name', { stationId: text(''), hour: instant('') }, { city: text(''), cityExact: text('') }],
  ])('a view with %s cannot be points', (_, key, values) => {
    const odd = defineView({ name: 'odd', doc: '', key, values, stores: [] })
    expect(() => pointPlan(odd)).toThrow(expect.objectContaining({ code: 'WR_INFLUX_VIEW', kind: 'usage' }))
  })
})

test('every view that names the store can be points', () => {
  const ours = builtInViews.filter(({ stores }) => stores.includes('influxdb'))
  expect(ours.map(({ name }) => name)).toEqual(expect.arrayContaining(['weather_data', 'energies', 'daily_sensor_means']))
  for (const each of ours) expect(pointPlan(each).fields.length).toBeGreaterThan(0)
})
