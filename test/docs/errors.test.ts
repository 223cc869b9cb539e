import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

function codesInSource(): Set<string> {
  const codes = new Set<string>()
  for (const file of readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') && !file.endsWith('.js')) continue
    for (const [, code] of readFileSync(`${root}src/${file}`, 'utf8').matchAll(/['"`](WR_[A-Z0-9_]*[A-Z0-9])['"`]/g))
      codes.add(code as string)
  }
  return codes
}

describe('docs/errors.md', () => {
  const text = readFileSync(`${root}docs/errors.md`, 'utf8')
  const sections = text.split(/^## /m).slice(1)
  const titles = sections.map((section) => section.slice(0, section.indexOf('\n')).trim())

  test('explains every code of the source, and no other', () => {
    expect([...titles].sort()).toEqual([...codesInSource()].sort())
  })

  test('explains each once, in alphabetical order', () => {
    expect(titles).toEqual([...new Set(titles)].sort())
  })

  test.each(sections.map((section, i) => [titles[i], section]))('says of %s what it is, why, and the remedy', (_, section) => {
    for (const part of ['What: ', 'Why: ', 'Remedy: ']) expect(section).toMatch(new RegExp(`^\\**${part.trim()}\\**`, 'm'))
  })
})
