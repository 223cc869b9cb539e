import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileSource } from '../../../src/producers/file/file-source.ts'
import { hashBytes, MAX_KEPT_BYTES } from '../../../src/producers/source.ts'
import { type Polled, polled } from '../polled.ts'
import { tempDir } from '../temp-dir.ts'

const dir = tempDir()
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bad = ({ bad: items }: Polled): unknown => items.map(({ line, code, bytes }) => [line, code, text(bytes)])
const hours = ({ readings }: Polled): number[] => readings.map(({ timestamp }) => new Date(timestamp).getUTCHours())

const HEADER = 'station_id,timestamp,time_zone,temperature,is_rain'
const row = (hour: number, rest = 'UTC,1.5,true'): string => `a,2025-01-01T${String(hour).padStart(2, '0')}:00:00Z,${rest}`

async function pollCsv(lines: ReadonlyArray<string | Uint8Array>, name = 'lines.csv'): Promise<Polled> {
  const file = dir.write(name, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])))
  return polled(await fileSource({ path: file }))
}

describe('a bad line of a CSV file', () => {
  test('goes apart with its number and its bytes, and the rest is read', async () => {
    const latin1 = Buffer.from(`a,2025-01-01T06:00:00Z,UTC,1,é`, 'latin1')
    const poll = await pollCsv([
      HEADER,
      row(0),
      row(1, 'UTC,NaN,true'),
      row(2, 'UTC,12,5,true'),
      row(3, 'UTC,1.2.3,true'),
      row(4, ',1,true'),
      row(5, 'Mars/Phobos,1,true'),
      latin1,
      'a,2025-02-30T00:00:00Z,UTC,1,true',
      ',2025-01-01T00:00:00Z,UTC,1,true',
      row(10, 'UTC,1,perhaps'),
      row(11, 'UTC,-Infinity,true'),
      row(23),
    ])
    expect(poll.error).toBe(null)
    expect(hours(poll)).toEqual([0, 23])
    expect(poll.bad.map(({ line, code }) => [line, code])).toEqual([
      [3, 'WR_READING_NOT_FINITE'],
      [4, 'WR_LINE_BROKEN'],
      [5, 'WR_READING_FIELD'],
      [6, 'WR_READING_ZONE'],
      [7, 'WR_READING_ZONE'],
      [8, 'WR_LINE_BROKEN'],
      [9, 'WR_READING_TIMESTAMP'],
      [10, 'WR_READING_KEY'],
      [11, 'WR_READING_FIELD'],
      [12, 'WR_READING_NOT_FINITE'],
    ])
    expect(text(poll.bad[0]?.bytes)).toBe(row(1, 'UTC,NaN,true'))
    expect(Buffer.from(poll.bad[5]?.bytes ?? [])).toEqual(latin1)
    expect(poll.bad[0]?.hash).toBe(hashBytes(Buffer.from(row(1, 'UTC,NaN,true'))))
  })

  test('that opens a quote and never closes it takes no other line with it', async () => {
    const open = row(1, 'UTC,"1,true')
    const poll = await pollCsv([HEADER, row(0), open, row(2), row(3, 'UTC,1,"true'), ...[4, 5, 6].map((hour) => row(hour))])
    expect(hours(poll)).toEqual([0, 2, 4, 5, 6])
    expect(bad(poll)).toEqual([
      [3, 'WR_LINE_BROKEN', open],
      [5, 'WR_LINE_BROKEN', row(3, 'UTC,1,"true')],
    ])
  })

  test('is not told of a file that is refused by its header', async () => {
    const poll = await pollCsv(['name,when', 'x"y,"', `${'a'.repeat(2 * 1024 * 1024)},b`, 'a,b,c', 'a,b'])
    expect(poll.error).toMatchObject({ code: 'WR_FILE_COLUMNS' })
    expect(poll.bad).toEqual([])
  })

  test('is none where a quoted cell holds line breaks', async () => {
    const poll = await pollCsv([
      'station_id,timestamp,time_zone,temperature,city',
      row(0, 'UTC,1,"Two\r\nLines, ""so"""'),
      row(1, 'UTC,2,x'),
    ])
    expect(poll.readings.map(({ location, temperature }) => [location.city, temperature])).toEqual([
      ['Two\nLines, "so"', 1],
      ['x', 2],
    ])
  })

  test('of 5 MB is never in memory whole; its beginning, length and hash are kept', async () => {
    const long = Buffer.alloc(5 * 1024 * 1024, 'x')
    const poll = await pollCsv([HEADER, row(0), long, row(1)])
    expect(hours(poll)).toEqual([0, 1])
    expect(poll.bad).toHaveLength(1)
    expect(poll.bad[0]).toMatchObject({ line: 3, code: 'WR_LINE_TOO_LONG', byteLength: long.byteLength, hash: hashBytes(long) })
    expect(poll.bad[0]?.bytes.byteLength).toBe(MAX_KEPT_BYTES)
  })

  test('may be the last one, without a line break', async () => {
    const file = dir.write('last.csv', `${HEADER}\r\n${row(0)}\r\n${row(1)}`)
    expect(hours(await polled(await fileSource({ path: file })))).toEqual([0, 1])
    const cut = dir.write('cut.csv', `${HEADER}\r\n${row(0)}\r\n${row(1).slice(0, 12)}`)
    const poll = await polled(await fileSource({ path: cut }))
    expect([hours(poll), bad(poll)]).toEqual([[0], [[3, 'WR_LINE_BROKEN', 'a,2025-01-01']]])
  })
})

const element = (hour: number, temperature = '1'): string =>
  `{ "timestamp": "2025-01-01 ${String(hour).padStart(2, '0')}:00:00",\n    "T": ${temperature},\n    "RH": 2 }`
const document = (elements: readonly string[]): string =>
  `{"header": {"station_name": "x", "station_lat": 1, "station_lon": 2},\n"data": [\n${elements.join(',\n')}\n]}`

describe('a bad element of a JSON document', () => {
  const pollJson = async (content: string): Promise<Polled> =>
    polled(await fileSource({ path: dir.write('elements.json', content), format: 'airqino' }))

  test('goes apart with its line, and the rest is read', async () => {
    const elements = [
      element(0),
      element(1, 'NaN'),
      element(2),
      '[1, [2]]',
      element(3, '"open'),
      element(4),
      'true',
      element(5, '{"a": 1}'),
      element(6),
    ]
    const poll = await pollJson(document(elements))
    expect(poll.error).toBe(null)
    expect(hours(poll)).toEqual([0, 2, 4, 6])
    expect(bad(poll)).toEqual([
      [6, 'WR_LINE_BROKEN', element(1, 'NaN')],
      [12, 'WR_LINE_BROKEN', '[1, [2]]'],
      [13, 'WR_LINE_BROKEN', element(3, '"open')],
      [19, 'WR_LINE_BROKEN', 'true'],
      [20, 'WR_READING_FIELD', element(5, '{"a": 1}')],
    ])
  })

  test('that is never closed, or closed too often, takes no other with it', async () => {
    const unclosed = element(1).replace(' }', '')
    const twice = `${element(3)}}`
    const poll = await pollJson(document([element(0), unclosed, element(2), twice, element(4), unclosed]))
    expect(poll.error).toBe(null)
    expect(hours(poll)).toEqual([0, 2, 4])
    expect(poll.bad.map(({ line, code }) => [line, code])).toEqual([
      [6, 'WR_LINE_BROKEN'],
      [12, 'WR_LINE_BROKEN'],
      [18, 'WR_LINE_BROKEN'],
    ])
  })

  test('of 5 MB is never in memory whole', async () => {
    const long = `{"timestamp": "${'x'.repeat(5 * 1024 * 1024)}"}`
    const poll = await pollJson(document([element(0), long, element(1)]))
    expect(hours(poll)).toEqual([0, 1])
    expect(poll.bad).toMatchObject([
      { line: 6, code: 'WR_LINE_TOO_LONG', byteLength: long.length, hash: hashBytes(Buffer.from(long)) },
    ])
  })

  test('where the document ends in the middle is one, and an error; what is whole was read', async () => {
    const whole = document([element(0), element(1), element(2)])
    const poll = await pollJson(whole.slice(0, whole.indexOf('02:00')))
    expect(hours(poll)).toEqual([0, 1])
    expect(bad(poll)).toEqual([[9, 'WR_FILE_TRUNCATED', '{ "timestamp": "2025-01-01 ']])
    expect(poll.error).toMatchObject({ code: 'WR_FILE_TRUNCATED', remedy: expect.any(String) })
    const between = await pollJson(whole.slice(0, whole.indexOf('{ "timestamp": "2025-01-01 02')))
    expect([hours(between), bad(between)]).toEqual([[0, 1], []])
    expect(between.error).toMatchObject({ code: 'WR_FILE_TRUNCATED' })
  })

  test('is cut out the same wherever the chunks of the file end', async () => {
    const { JsonSplitter } = await import('../../../src/producers/file/json-parts.ts')
    const bytes = Buffer.from(
      `\ufeff${document([element(0, '"a\\"}],"'), element(1, 'NaN'), '[[{}]]', element(2).replace(' }', ''), element(3)])}`,
    )
    const cut = (sizes: readonly number[]): unknown[] => {
      const splitter = new JsonSplitter(60)
      const parts: unknown[] = []
      const keep = (part: ReturnType<typeof splitter.end>): void => {
        if (part !== null) parts.push({ ...part, bytes: text(part.bytes) })
      }
      let at = 0
      for (const size of sizes) {
        for (const part of splitter.push(bytes.subarray(at, at + size))) keep(part)
        at += size
      }
      for (const part of splitter.push(bytes.subarray(at))) keep(part)
      keep(splitter.end())
      return [...parts, splitter.isWhole]
    }
    const whole = cut([])
    expect(whole).toHaveLength(7)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sizes) => {
        expect(cut(sizes)).toEqual(whole)
      }),
    )
  })
})

test('Lines are cut out the same wherever the chunks of the file end', async () => {
  const { LineSplitter } = await import('../../../src/producers/file/byte-lines.ts')
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '\n', '\r\n', 'bcd')),
      fc.array(fc.integer({ min: 1, max: 5 })),
      (pieces, sizes) => {
        const content = pieces.join('')
        const splitter = new LineSplitter(6)
        const lines: string[] = []
        let at = 0
        for (const size of [...sizes, content.length]) {
          for (const line of splitter.push(Buffer.from(content.slice(at, at + size))))
            lines.push(`${line.number} ${line.tooLong?.byteLength ?? text(line.bytes)}`)
          at += size
        }
        const last = splitter.end()
        if (last !== null) lines.push(`${last.number} ${last.tooLong?.byteLength ?? text(last.bytes)}`)
        const expected = content.split('\n')
        if (expected.at(-1) === '') expected.pop()
        expect(lines).toEqual(expected.map((line, i) => `${i + 1} ${line.length > 6 ? line.length : line.replace(/\r$/, '')}`))
      },
    ),
  )
})

test('A bad line of a JSON lines file goes apart with its number', async () => {
  const line = '{"station_id":"a","timestamp":0,"time_zone":"UTC","temperature":1}'
  const file = dir.write('rows.ndjson', `${line}\n\n{"station_id":\n[]\n${line}\n{"a":1}\n`)
  const poll = await polled(await fileSource({ path: file }))
  expect(poll.readings).toHaveLength(2)
  expect(poll.bad.map((item) => [item.line, item.code])).toEqual([
    [3, 'WR_LINE_BROKEN'],
    [4, 'WR_LINE_BROKEN'],
    [6, 'WR_READING_FIELD'],
  ])
})

describe('a file that cannot be read', () => {
  test('is an error with a code and a remedy', async () => {
    const path = dir.write('some.csv', `${HEADER}\n`)
    const cases = [
      [{ path: join(dir.path, 'nowhere.csv') }, 'WR_FILE_NOT_FOUND'],
      [{ path: dir.path }, 'WR_FILE_UNREADABLE'],
      [{ path, format: 'excel' }, 'WR_FILE_FORMAT'],
      [{ path, settings: { timeZone: 'Mars/Phobos' } }, 'WR_TIME_ZONE'],
      [{ path, settings: { latitude: 91 } }, 'WR_READING_COORDINATES'],
    ] as const
    for (const [options, code] of cases) {
      await expect(fileSource(options)).rejects.toMatchObject({ code, kind: expect.any(String), remedy: expect.any(String) })
    }
  })

  test('is one also where its content is of another format', async () => {
    const cases = [
      ['page.json', '<html>not found</html>', 'airqino', 'WR_FILE_FORMAT'],
      ['answer.json', '{"error": "no such station"}', 'airqino', 'WR_FILE_FORMAT'],
      ['empty.csv', '', 'meteostat', 'WR_FILE_COLUMNS'],
      ['other.csv', 'a,b\n1,2\n', 'eco2mix', 'WR_FILE_COLUMNS'],
      ['twice.csv', 'station_id,timestamp,temperature,temp\na,2025-01-01T00:00:00Z,1,9\n', 'canonical', 'WR_FILE_COLUMNS'],
      ['old-mac.csv', 'station_id,timestamp,temperature\ra,2025-01-01T00:00:00Z,1\r', 'canonical', 'WR_FILE_COLUMNS'],
      ['binary.csv', Buffer.of(0xff, 0xfe, 0x00), 'meteostat', 'WR_FILE_COLUMNS'],
    ] as const
    for (const [name, content, format, code] of cases) {
      const poll = await polled(await fileSource({ path: dir.write(name, content), format }))
      expect([name, (poll.error as { code?: string } | null)?.code, poll.bad]).toEqual([name, code, []])
    }
  })

  test.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)('is one where this user may not', async () => {
    const path = dir.write('secret.csv', HEADER)
    chmodSync(path, 0)
    await expect(fileSource({ path })).rejects.toMatchObject({ code: 'WR_FILE_UNREADABLE' })
  })
})

test('A poll tells how far it has come, and takes only what lies in the range that is asked for', async () => {
  mkdirSync(join(dir.path, 'range'))
  const path = join(dir.path, 'range', 'day.csv')
  writeFileSync(path, [HEADER, ...[0, 1, 2, 3].map((hour) => row(hour))].join('\n'))
  const seen: Array<readonly [number, number | null]> = []
  const source = await fileSource({ path, from: Date.UTC(2025, 0, 1, 1), to: Date.UTC(2025, 0, 1, 3) })
  const poll = await polled(source, { progress: (done, total) => void seen.push([done, total]) })
  expect(hours(poll)).toEqual([1, 2])
  expect(seen.at(-1)).toEqual([seen[0]?.[1], seen[0]?.[1]])
  truncateSync(path, HEADER.length)
  expect(hours(await polled(source))).toEqual([])
})
