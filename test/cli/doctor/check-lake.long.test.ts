import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import { fakeS3 } from '../../sinks/lake/storage/fake-s3.ts'
import { makeTempDirectory, removeDirectory } from '../../sinks/temp-directory.ts'
import { runCommand } from '../run-command.ts'

let folder: string
beforeAll(async () => {
  folder = makeTempDirectory()
  await run('produce', '--source', 'simulator', '--from', '2025-03-01', '--to', '2025-03-02', '--station', 'sim-paris')
})
afterAll(() => removeDirectory(folder))

const environment = { WINDROW_LOG_LEVEL: 'error', WINDROW_PARTITIONS: '2', WINDROW_SINKS: 'lake' }

async function run(...words: string[]): Promise<void> {
  expect(await runCommand(folder, words, { ...environment, LAKE_URL: 'lake' })).toMatchObject({ code: 0 })
}

/** What the doctor says of the lake. */
async function lakeFindings(settings: Readonly<Record<string, string>>, data = 'data'): Promise<Finding[]> {
  const { stdout } = await runCommand(folder, ['doctor', '--json'], { ...environment, WINDROW_DATA_DIR: data, ...settings })
  return (JSON.parse(stdout) as Finding[]).filter(({ about }) => about === 'lake')
}

test('without a lake the doctor says nothing of one', async () => {
  expect(await lakeFindings({ WINDROW_SINKS: 'cassandra' })).toEqual([])
})

test('a lake is behind until it is written, and the doctor leaves nothing in it', async () => {
  const [before] = await lakeFindings({ LAKE_URL: 'lake' })
  expect(before).toMatchObject({
    severity: 'warning',
    text: expect.stringMatching(/records not written yet: \d+ of bronze weather\.readings, /),
    remedy: expect.stringContaining('windrow lake --until-end'),
  })
  await run('run', '--until-end', '--sinks', 'none')
  await run('lake', '--until-end')
  expect(await lakeFindings({ LAKE_URL: 'lake' })).toEqual([
    {
      about: 'lake',
      severity: 'note',
      text: `${join(folder, 'lake')}: can be written, and has all that the log has`,
      remedy: null,
    },
  ])
  expect(readdirSync(join(folder, 'lake', '_state')).sort()).toEqual(['bronze', 'gold', 'silver'])
  expect(readdirSync(join(folder, 'lake', '.windrow', 'drafts'))).toEqual([])
})

test('a lake of another log is told of', async () => {
  const log = ['produce', '--source', 'simulator', '--from', '2025-03-01', '--to', '2025-03-02', '--station', 'sim-lyon']
  await runCommand(folder, log, { ...environment, WINDROW_DATA_DIR: 'other' })
  expect(await lakeFindings({ LAKE_URL: 'lake' }, 'other')).toMatchObject([
    { severity: 'warning', text: expect.stringContaining('from another log: bronze weather.readings') },
  ])
})

test('a folder that cannot be one is a problem', async () => {
  writeFileSync(join(folder, 'file'), '')
  const [finding] = await lakeFindings({ LAKE_URL: 'file/lake' })
  expect(finding).toMatchObject({
    severity: 'problem',
    text: expect.stringMatching('^WR_LAKE_DENIED: .*a file is in place of a folder'),
  })
  rmSync(join(folder, 'file'))
})

test('a right that is missing in a bucket is a problem, whichever it is', async () => {
  const server = await fakeS3()
  try {
    const settings = {
      LAKE_URL: 's3://bucket/lake',
      S3_ENDPOINT: server.url,
      S3_ACCESS_KEY_ID: 'key',
      S3_SECRET_ACCESS_KEY: 'not-to-be-told',
    }
    const refusals = { PUT: 'write', 'GET lake': 'read', 'POST ?delete': 'delete files' }
    for (const [method, what] of Object.entries(refusals)) {
      server.faultOf = (request) => (request.startsWith(method) ? { status: 403, code: 'AccessDenied' } : null)
      const [finding] = await lakeFindings(settings)
      expect(finding, method).toMatchObject({
        severity: 'problem',
        text: expect.stringMatching(`^WR_LAKE_DENIED: .* refuses to ${what}`),
      })
      expect(JSON.stringify(finding)).not.toContain('not-to-be-told')
    }
    server.faultOf = () => null
    expect(await lakeFindings(settings)).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('not written yet') },
    ])
    expect([...server.objects.keys()].filter((key) => !key.includes('_state/tried') && !key.includes('probe'))).toEqual([])
  } finally {
    await server.close()
  }
})
