import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../deploy/influx-access.js', import.meta.url))

// Any file does as the administrator's token: nothing is asked. test/services/deploy has the rest.
test.each([['rotate'], ['rotate nobody'], ['show']])('%j is refused before InfluxDB is asked', (words) => {
  const env = { INFLUX_TOKEN_FILE: script, INFLUX_URL: 'http://127.0.0.1:1' }
  const { status, stderr } = spawnSync(process.execPath, [script, ...words.split(' ')], { env, encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, expect.stringContaining('usage: rotate telegraf|grafana|')])
})
