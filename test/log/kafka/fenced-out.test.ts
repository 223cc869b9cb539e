import { expect, test } from 'vitest'
import { kafkaUnreachable } from '../../../src/log/kafka/cluster-errors.ts'
import { AnsweredError, fencedOut } from '../../../src/log/kafka/kafka-errors.ts'

const PRODUCER_FENCED = 90
const INVALID_TXN_STATE = 48
const WHAT = 'air.readings/3 (group engine)'

test.each([PRODUCER_FENCED, INVALID_TXN_STATE])(
  'where the brokers say (%i) that another process has it, so does the error',
  (code) => {
    const { message, remedy } = fencedOut(WHAT, new AnsweredError('EndTxn', code))
    expect(message).toBe(`${WHAT} was taken over by another process; nothing was written`)
    expect(remedy).toContain('Nothing needs to be done')
  },
)

test('where the brokers were away the error says so, and to look at them', () => {
  const { code, message, remedy } = fencedOut(WHAT, kafkaUnreachable('127.0.0.1:9092'))
  expect(code).toBe('WR_FENCED')
  expect(message).toContain('127.0.0.1:9092 does not answer')
  expect(message).not.toContain('another process')
  expect(remedy).toContain('KAFKA_BROKERS')
})

test('where nobody knows how the right ended, the error claims no other process', () => {
  const { message, remedy } = fencedOut(WHAT)
  expect(message).not.toContain('another')
  expect(remedy).toContain('this process or another')
})
