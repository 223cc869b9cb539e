import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = readFileSync(`${root}docs/SPEC.md`, 'utf8')
const sections = text.split(/^## /m).slice(1)
const filesIn = (part: string): string[] =>
  [...part.matchAll(/`((?:test|scripts)\/[\w./-]+\.\w+)`/g)].map(([, file]) => file as string)

describe('docs/SPEC.md', () => {
  test('numbers its promises from 1', () => {
    expect(sections.map((section) => Number.parseInt(section, 10))).toEqual(sections.map((_, i) => i + 1))
  })

  test.each(sections.map((section) => [section.slice(0, section.indexOf('\n')), section]))(
    'names tests of %s that exist',
    (_, section) => {
      const files = filesIn(section)
      expect(files.some((file) => file.endsWith('.test.ts'))).toBe(true)
      expect(files.filter((file) => !existsSync(root + file))).toEqual([])
    },
  )

  test('names every property test', () => {
    const properties = readdirSync(`${root}test/properties`).filter((name) => name.endsWith('.test.ts'))
    expect(properties.filter((name) => !filesIn(text).includes(`test/properties/${name}`))).toEqual([])
  })
})
