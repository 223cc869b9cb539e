import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { forServer } from '../../../src/warehouse/backup/restore-script.ts'

const SCRIPT = `--\nSET lock_timeout = 0;\nSET transaction_timeout = 0;\nSET client_encoding = 'UTF8';\nCOPY a FROM stdin;\nSET transaction_timeout = 0;\n\\.\n`
const passed = (major: number): Promise<string> =>
  text(Readable.from([Buffer.from(SCRIPT), Buffer.from('SET transaction_timeout = 0;\nß')]).pipe(forServer(major)))

test('a setting that older servers do not know is left out for them, and rows of the same text are not', async () => {
  expect(await passed(17)).toBe(`${SCRIPT}SET transaction_timeout = 0;\nß`)
  expect(await passed(15)).toBe(`${SCRIPT.replace('SET transaction_timeout = 0;\n', '')}SET transaction_timeout = 0;\nß`)
})
