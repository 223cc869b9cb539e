import { expect, test } from 'vitest'
import type { Sink } from '../../src/sinks/sink.ts'
import { sinkGroup } from '../../src/sinks/sink-options.ts'

const at = (address: string): Sink => ({ name: 'influxdb', describe: () => address }) as Sink

test('processes that write the same store share a group, and those of another store, or of another topic, do not', () => {
  expect(sinkGroup(at('a'), 't')).toBe(sinkGroup(at('a'), 't'))
  expect(sinkGroup(at('b'), 't')).not.toBe(sinkGroup(at('a'), 't'))
  expect(sinkGroup(at('a'), 'u')).not.toBe(sinkGroup(at('a'), 't'))
})
