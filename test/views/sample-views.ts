import fc from 'fast-check'
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
  type ViewColumn,
} from '../../src/views/view.ts'

/** A view with every type of column, nullable and not. */
export const everyType = defineView({
  name: 'every_type',
  doc: 'One column of each type.',
  key: { stationId: text('The station.'), hour: instant('Start of the hour.') },
  values: {
    city: optionalText('Name of the city.'),
    day: localDay('Local day.'),
    month: localMonth('Local month.'),
    temperatureMean: double('Cel', 'Mean temperature.'),
    co: requiredDouble('mg/m3', 'Carbon monoxide.'),
    n: count('Readings in it.'),
    complete: flag('Whether the window is over.'),
    isRain: optionalFlag('Whether it rained.'),
    revisedAt: optionalInstant('Newest revision.'),
  },
  stores: ['postgres', 'influxdb', 'cassandra'],
})

/** As wide as the widest views: fifteen columns. */
export const fifteenColumns = defineView({
  name: 'fifteen_columns',
  doc: 'Rates are measured on it.',
  key: { stationId: text('The station.'), hour: instant('Start of the hour.') },
  values: {
    city: optionalText('City.'),
    windowStart: instant('Start of the window.'),
    n: count('Readings.'),
    expected: count('Readings that should be there.'),
    coverage: requiredDouble('1', 'Share of the window that is covered.'),
    complete: flag('Whether the window is over.'),
    revisedAt: optionalInstant('Newest revision.'),
    updatedAt: instant('Newest reading.'),
    coMean: double('mg/m3', 'Mean CO.'),
    no2Mean: double('ug/m3', 'Mean NO2.'),
    o3Mean: double('ug/m3', 'Mean O3.'),
    pm10Mean: double('ug/m3', 'Mean PM10.'),
    pm25Mean: double('ug/m3', 'Mean PM2.5.'),
  },
  stores: ['postgres'],
})

function instants(most: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
    fc.maxSafeInteger().map((n) => n % (Math.min(most, 8_640_000_000_000_000) + 1)),
  )
}

/** Years 1 to 9999, which every store knows. */
export const storedInstants = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })
const days = fc.integer({ min: -719_162, max: 2_932_896 }).map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10))

export interface CellRanges {
  readonly instants?: fc.Arbitrary<number>
  readonly texts?: fc.Arbitrary<string>
  readonly doubles?: fc.Arbitrary<number>
  /** The greatest whole number, of instants and counts. */
  readonly wholes?: number
}

/** Cells that fit a column. Doubles may be NaN, infinite or -0 unless other ranges are given. */
export function cellsOf(column: ViewColumn, ranges: CellRanges = {}): fc.Arbitrary<Cell> {
  const cells = plainCells(column, ranges)
  return column.nullable ? fc.option(cells, { nil: null, freq: 4 }) : cells
}

function plainCells(column: ViewColumn, ranges: CellRanges): fc.Arbitrary<Cell> {
  switch (column.type) {
    case 'text':
      return ranges.texts ?? fc.string({ unit: 'binary', maxLength: 24 })
    case 'instant':
      return ranges.instants ?? instants(ranges.wholes ?? Number.MAX_SAFE_INTEGER)
    case 'day':
      return days
    case 'month':
      return days.map((day) => day.slice(0, 7))
    case 'double':
      return ranges.doubles ?? fc.double()
    case 'count':
      return fc.oneof(
        fc.nat(200),
        fc.maxSafeNat().map((n) => n % ((ranges.wholes ?? Number.MAX_SAFE_INTEGER) + 1)),
      )
    case 'flag':
      return fc.boolean()
  }
}

/** Rows of a view. */
export function rowsOf(view: View, ranges: CellRanges = {}): fc.Arbitrary<Cell[]> {
  return fc.tuple(...view.columns.map((column) => cellsOf(column, ranges)))
}
