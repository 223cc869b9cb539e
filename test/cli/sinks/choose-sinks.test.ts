import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { chooseSinks } from '../../../src/cli/sinks/choose-sinks.ts'
import { loadConfig } from '../../../src/config/load-config.ts'

const influx = { INFLUX_URL: 'http://127.0.0.1:8086', INFLUX_TOKEN: 'a token of mine', INFLUX_ORG: 'windrow' }
const cassandra = { CASSANDRA_CONTACT_POINTS: '127.0.0.1', CASSANDRA_LOCAL_DC: 'dc1' }

const chosen = (environment: Readonly<Record<string, string>>, asked: readonly string[] | null = null) =>
  chooseSinks(loadConfig(environment, tmpdir()), asked)

describe('the sinks of a process', () => {
  test('are Postgres and whatever else has an address', () => {
    expect(chosen({})).toEqual(['postgres'])
    expect(chosen(influx)).toEqual(['postgres', 'influxdb'])
    expect(chosen({ ...influx, ...cassandra })).toEqual(['postgres', 'influxdb', 'cassandra'])
  })

  test('are those of WINDROW_SINKS, and those of the command line before them', () => {
    const all = { ...influx, ...cassandra, WINDROW_SINKS: 'cassandra,postgres' }
    expect(chosen(all)).toEqual(['postgres', 'cassandra'])
    expect(chosen(all, ['influxdb'])).toEqual(['influxdb'])
    expect(chosen(all, ['none'])).toEqual([])
    expect(chosen({ WINDROW_SINKS: 'none' })).toEqual([])
  })

  test('have an address', () => {
    expect(() => chosen({}, ['influxdb'])).toThrow(
      expect.objectContaining({ code: 'WR_USAGE', remedy: expect.stringContaining('INFLUX_URL') }),
    )
    expect(() => chosen({ WINDROW_SINKS: 'cassandra' })).toThrow(
      expect.objectContaining({ code: 'WR_USAGE', remedy: expect.stringContaining('CASSANDRA_CONTACT_POINTS') }),
    )
  })

  test('are known by name', () => {
    expect(() => chosen({}, ['mongodb'])).toThrow(/no sink called "mongodb"/)
    expect(() => chosen({}, ['postgres', 'none'])).toThrow(/none is asked for together with others/)
    expect(() => chosen({ WINDROW_SINKS: 'mongodb' })).toThrow(expect.objectContaining({ code: 'WR_CONFIG_INVALID' }))
  })
})
