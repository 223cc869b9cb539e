import { expect, test } from 'vitest'
import { lastRecordText, parseLastRecord, recordHash } from '../../src/sinks/last-record.ts'

test('a last record is read back as it was kept', () => {
  const last = { offset: 2 ** 40, hash: recordHash('["paris"]', Uint8Array.of(1, 2)) }
  expect(parseLastRecord(lastRecordText(last))).toEqual(last)
  expect(lastRecordText(null)).toBe(null)
})

test.each([null, '', ':', '1:', ':ab', '-1:ab', 'x'])('%j is no last record', (text) => {
  expect(parseLastRecord(text)).toBe(null)
})

test('what is no value differs from one that is empty', () => {
  expect(recordHash('k', null)).not.toBe(recordHash('k', new Uint8Array(0)))
})
