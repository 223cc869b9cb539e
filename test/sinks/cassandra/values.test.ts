import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bigintBytes, cellBytes, keyBytes, longBytes } from '../../../src/sinks/cassandra/cell-bytes.ts'
import { replicationCql } from '../../../src/sinks/cassandra/prepare-tables.ts'
import { createTable, tableColumns, tableStatements } from '../../../src/sinks/cassandra/table-cql.ts'
import { bucketOf, layoutOf } from '../../../src/sinks/cassandra/table-layout.ts'
import { epochAbove, LAST_EPOCH, writeTime, writeTimeBytes } from '../../../src/sinks/cassandra/write-time.ts'
import { count, defineView, instant, localDay, text } from '../../../src/views/view.ts'
import { weatherDailyView, weatherHourlyView } from '../../../src/views/weather.ts'

const epochs = fc.integer({ min: 0, max: LAST_EPOCH })
const offsets = fc.integer({ min: 0, max: 2 ** 40 - 1 })

describe('the rank of a record', () => {
  test('is in the order of epochs, and within one of offsets', () => {
    fc.assert(
      fc.property(epochs, offsets, epochs, offsets, (e1, o1, e2, o2) => {
        const [a, b] = [writeTime(e1, o1), writeTime(e2, o2)]
        const before = e1 < e2 || (e1 === e2 && o1 < o2)
        expect(a < b).toBe(before)
        expect(a === b).toBe(e1 === e2 && o1 === o2)
        expect(writeTimeBytes(e1, o1)).toEqual(bigintBytes(a))
      }),
    )
  })

  test('is above the clock of this century, and within 64 bits', () => {
    expect(writeTime(0, 0)).toBe(4096n * 2n ** 40n)
    expect(writeTime(0, 0)).toBeGreaterThan(BigInt(Date.UTC(2100, 0, 1)) * 1000n)
    expect(writeTime(LAST_EPOCH, 2 ** 40 - 1)).toBe(2n ** 63n - 1n)
    expect(() => writeTime(LAST_EPOCH + 1, 0)).toThrow(expect.objectContaining({ code: 'WR_CASSANDRA_RANKS' }))
    expect(() => writeTime(0, 2 ** 40)).toThrow(expect.objectContaining({ code: 'WR_CASSANDRA_RANKS' }))
  })

  test('has a least epoch above it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: writeTime(LAST_EPOCH, 0) - 1n }), (rank) => {
        const epoch = epochAbove(rank)
        expect(writeTime(epoch, 0)).toBeGreaterThan(rank)
        if (epoch > 1) expect(writeTime(epoch - 1, 0)).toBeLessThanOrEqual(rank)
      }),
    )
  })
})

describe('a cell', () => {
  test('that is a number is the 64 bits that Cassandra has', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(longBytes(value).readBigInt64BE()).toBe(BigInt(value))
        expect(bigintBytes(BigInt(value))).toEqual(longBytes(value))
      }),
    )
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(cellBytes('double', value)?.readDoubleBE()).toBe(value)
      }),
    )
  })

  test('that is a day is counted from the middle of 32 bits; one that no calendar has is refused', () => {
    expect(cellBytes('day', '1970-01-01')?.readUInt32BE()).toBe(2 ** 31)
    expect(cellBytes('day', '1969-12-31')?.readUInt32BE()).toBe(2 ** 31 - 1)
    expect(cellBytes('day', '2024-02-29')?.readUInt32BE()).toBe(2 ** 31 + Date.UTC(2024, 1, 29) / 86_400_000)
    for (const day of ['2025-02-29', '2025-13-01', '2025-1-1', 'today', '']) {
      expect(() => cellBytes('day', day)).toThrow(expect.objectContaining({ code: 'WR_ROW_REFUSED' }))
    }
  })

  test('of the key has at most 65,535 bytes', () => {
    expect(keyBytes('text', 'x'.repeat(65_535))?.byteLength).toBe(65_535)
    expect(() => keyBytes('text', 'é'.repeat(32_768))).toThrow(expect.objectContaining({ code: 'WR_ROW_REFUSED' }))
    expect(cellBytes('text', 'x'.repeat(65_536))?.byteLength).toBe(65_536)
  })
})

describe('rows lie', () => {
  test('by their UTC month or year, newest first', () => {
    expect(createTable(weatherHourlyView, 'ks')).toMatch(
      /PRIMARY KEY \(\("station_id", "month"\), "hour"\)\)\s+WITH CLUSTERING ORDER BY \("hour" DESC\)/,
    )
    expect(createTable(weatherDailyView, 'ks')).toMatch(/PRIMARY KEY \(\("station_id", "year"\), "day"\)\)/)
    expect(tableColumns(weatherDailyView)).toContainEqual({ name: 'year', type: 'int', kind: 'partition_key', position: 1 })
  })

  test('in a bucket that bounds the partition, whatever the year', () => {
    const hourly = layoutOf(weatherHourlyView).bucket as NonNullable<ReturnType<typeof layoutOf>['bucket']>
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        const iso = date.toISOString()
        expect(bucketOf(hourly, ['s', date.getTime()])).toBe(iso.slice(0, iso.indexOf('-', 1) + 3))
      }),
    )
    const daily = layoutOf(weatherDailyView).bucket as typeof hourly
    expect(bucketOf(daily, ['s', '2024-12-31'])).toBe(2024)
    expect(bucketOf(daily, ['s', '-000001-12-31'])).toBe(-1)
  })

  test('under another name where the view has a column of that name', () => {
    const view = defineView({
      name: 'v',
      doc: 'V.',
      key: { stationId: text('S.'), hour: instant('H.') },
      values: { month: count('M.') },
      stores: [],
    })
    expect(layoutOf(view).bucket?.column).toBe('partition_month')
  })

  test('in one partition when they are of one station and month, and of no other', () => {
    const view = defineView({
      name: 'v',
      doc: 'V.',
      key: { a: text('A.'), day: localDay('D.'), b: text('B.') },
      values: { n: count('N.') },
      stores: [],
    })
    const { partitionOf } = tableStatements(view, 'ks')
    const key = fc.tuple(fc.string(), fc.constantFrom('2024-01-01', '2024-12-31', '2025-01-01'), fc.string())
    fc.assert(
      fc.property(key, key, (one, other) => {
        const together = one[0] === other[0] && one[2] === other[2] && one[1].slice(0, 4) === other[1].slice(0, 4)
        expect(partitionOf(one) === partitionOf(other)).toBe(together)
      }),
    )
  })
})

test('an unset column is left alone only where a row is new', () => {
  const { upsert } = tableStatements(weatherDailyView, 'ks')
  const cells = weatherDailyView.columns.map(({ column }) =>
    column === 'station_id' ? 's' : column === 'day' ? '2025-01-01' : null,
  )
  const rank = bigintBytes(1n)
  expect(upsert(cells, rank, true).params.filter((param) => param === null)).toEqual([])
  expect(upsert(cells, rank, false).params.filter((param) => param === undefined)).toEqual([])
})

test('a keyspace has three copies unless told otherwise, or as many as there are nodes', () => {
  const cluster = { version: '5.0.5', localDc: "d'c", dcs: ["d'c", 'dc1', 'dc2'], localNodes: 2 }
  expect(replicationCql(cluster, [])).toBe("{'class': 'NetworkTopologyStrategy', 'd''c': 2}")
  expect(replicationCql({ ...cluster, localNodes: 7 }, [])).toContain(': 3}')
  expect(replicationCql(cluster, ['5'])).toContain("'d''c': 5}")
  expect(replicationCql(cluster, ['dc1:3', 'dc2:2'])).toContain("'dc1': 3, 'dc2': 2}")
  expect(() => replicationCql(cluster, ['dc1:3', 'lyon:2'])).toThrow(
    expect.objectContaining({
      code: 'WR_CASSANDRA_DC',
      canRetry: false,
      message: expect.stringMatching(/in the data centre lyon, which is not there: there is d'c, dc1, dc2/),
      remedy: expect.stringContaining('CASSANDRA_REPLICATION'),
    }),
  )
})
