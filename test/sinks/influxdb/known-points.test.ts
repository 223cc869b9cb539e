import { expect, test } from 'vitest'
import { KnownPoints } from '../../../src/sinks/influxdb/known-points.ts'

const shape = (missing: string) => ({ valueTags: ',city=Paris', missing })

test('what was written last of a key is known, until it is forgotten', () => {
  const known = new KnownPoints(10)
  known.set('paris', 1, shape('0,'))
  known.set('paris', 1, shape('1,'))
  known.set('lyon', 1, shape(''))
  expect(known.get('paris', 1)).toEqual(shape('1,'))
  expect(known.get('paris', 2)).toBeUndefined()
  known.forget('paris', 1)
  expect(known.get('paris', 1)).toBeUndefined()
  known.forgetAll()
  expect(known.get('lyon', 1)).toBeUndefined()
})

test('memory is bounded: the keys that were written first are forgotten, the last ones never', () => {
  const known = new KnownPoints(100)
  for (let at = 0; at < 1_000; at++) {
    known.set(`s${at % 3}`, at, shape(''))
    expect(known.get(`s${at % 3}`, at)).toEqual(shape(''))
  }
  const kept = Array.from({ length: 1_000 }, (_, at) => known.get(`s${at % 3}`, at)).filter((found) => found !== undefined)
  expect(kept.length).toBeGreaterThanOrEqual(100)
  expect(kept.length).toBeLessThanOrEqual(200)
})

test('what was forgotten does not come back from the older half', () => {
  const known = new KnownPoints(2)
  known.set('a', 1, shape('0,'))
  known.set('a', 2, shape('0,'))
  known.set('a', 1, shape('1,'))
  known.forget('a', 1)
  expect(known.get('a', 1)).toBeUndefined()
})
