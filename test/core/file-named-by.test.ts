import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileNamedBy } from '../../src/core/file-named-by.ts'

test('a file that a setting names is read, or the setting and the file are named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'windrow-file-'))
  const path = join(folder, 'ca.pem')
  writeFileSync(path, 'pem')
  expect(fileNamedBy('CA_LOCATION', path)?.toString()).toBe('pem')
  expect(fileNamedBy('CA_LOCATION', null)).toBe(null)
  rmSync(folder, { recursive: true })
  const message = expect.stringContaining(`CA_LOCATION names ${path}, which cannot be read: ENOENT`)
  expect(() => fileNamedBy('CA_LOCATION', path)).toThrow(
    expect.objectContaining({ code: 'WR_CONFIG_INVALID', kind: 'usage', message }),
  )
})
