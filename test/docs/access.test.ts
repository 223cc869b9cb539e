import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { accessTable } from './access-table.ts'

test('docs/access.md has the table of who may what, as the set-up gives it', () => {
  expect(readFileSync('docs/access.md', 'utf8')).toContain(`\n${accessTable()}\n`)
})
