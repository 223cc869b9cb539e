import { describe, expect, test } from 'vitest'
import { durationText, fluxOf, intervalMs, promOf, type Scope, sqlOf, withVariables } from './interpolate.ts'

// What is asked of the real servers is what Grafana would ask: these are the examples of its documentation.

const scope: Scope = {
  from: new Date('2025-03-01T00:00:00Z'),
  to: new Date('2025-03-02T00:00:00Z'),
  variables: { servers: { values: ["test'1", 'test2'] }, host: { values: ['a.b'] }, any: { values: [], allValue: '.*' } },
  minIntervalMs: 60_000,
  maxDataPoints: 144,
}

describe('a query as Grafana sends it', () => {
  test.each([
    ['csv', "test'1,test2"],
    ['pipe', "test'1|test2"],
    ['raw', "test'1,test2"],
    ['regex', "(test'1|test2)"],
    ['json', '["test\'1","test2"]'],
    ['sqlstring', "'test''1','test2'"],
    ['doublequote', '"test\'1","test2"'],
    ['singlequote', "'test\\'1','test2'"],
  ])('has the values of a variable as %s', (format, text) => {
    expect(withVariables(`\${servers:${format}}`, scope.variables)).toBe(text)
  })

  test('has one value, or what a variable says is all, as it is', () => {
    expect(withVariables('${host} ${host:regex} ${any:regex}', scope.variables)).toBe('a.b a\\.b .*')
    expect(() => withVariables('${servers}', scope.variables)).toThrow('want a format')
    expect(() => withVariables('${nobody}', scope.variables)).toThrow('no such variable')
    expect(() => withVariables('${host:xml}', scope.variables)).toThrow('no such format')
  })

  test('of Postgres has its range as literals and its windows as seconds', () => {
    expect(sqlOf('$__timeFilter(t) AND a >= $__timeFrom() AND a < $__timeTo()', scope)).toBe(
      "t BETWEEN '2025-03-01T00:00:00.000Z' AND '2025-03-02T00:00:00.000Z' AND a >= '2025-03-01T00:00:00.000Z' AND a < '2025-03-02T00:00:00.000Z'",
    )
    expect(sqlOf('$__timeGroupAlias("timestamp", $__interval)', scope)).toBe(
      'floor(extract(epoch from "timestamp")/600)*600 AS "time"',
    )
    expect(() => sqlOf('$__timeFiler(t)', scope)).toThrow('no such macro')
  })

  test('of InfluxDB has times, and windows as Go prints them', () => {
    expect(
      fluxOf('range(start: v.timeRangeStart, stop: v.timeRangeStop) every: v.windowPeriod, v.defaultBucket', scope, 'b'),
    ).toBe('range(start: 2025-03-01T00:00:00.000Z, stop: 2025-03-02T00:00:00.000Z) every: 10m0s, "b"')
  })

  test('of Prometheus has a rate over four scrapes at least', () => {
    expect(promOf('rate(a{b=~"${host}"}[$__rate_interval]) $__range', scope, 15_000)).toBe('rate(a{b=~"a\\\\.b"}[615s]) 86400s')
    expect(promOf('[$__rate_interval]', { ...scope, maxDataPoints: 1_000_000, minIntervalMs: 15_000 }, 15_000)).toBe('[1m]')
  })

  test('has windows of a round length, and none shorter than they may be', () => {
    expect(durationText(intervalMs(scope))).toBe('10m')
    expect(durationText(intervalMs({ ...scope, minIntervalMs: 3_600_000 }))).toBe('1h')
  })
})
