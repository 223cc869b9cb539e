import { describe, expect, test } from 'vitest'
import { testText } from '../../../src/cli/access/test-text.ts'
import type { TriedCell } from '../../../src/warehouse/access/try-access.ts'
import { GROUPS, type Group } from '../../../src/warehouse/roles.ts'

const groups = Object.keys(GROUPS) as Group[]
const pipe = { columns: null, colours: false }

function cell(group: Group, object: string, change: Partial<TriedCell> = {}): TriedCell {
  const found = {
    group,
    object,
    kind: 'view table',
    action: 'INSERT',
    expected: 'refused',
    found: 'refused',
    detail: null,
  } as const
  return { ...found, isWrong: false, ...change }
}

describe('the table of what was tried', () => {
  test('has a line for the tables to which the same holds, and says what an empty cell means only where there is one', () => {
    const whole = groups.flatMap((group) => [cell(group, 'weather_data'), cell(group, 'energies')])
    const text = testText(whole, pipe)
    expect(text).toMatch(/^weather_data, energies +INSERT( +no){5}$/m)
    expect(text).toContain(`ok ${whole.length} cells are as they should be.`)
    expect(text).not.toContain('empty cell')
    expect(testText([...whole, cell(groups[0] as Group, 'audit_log')], pipe)).toContain(
      '\nAn empty cell does not concern its group.\n',
    )
  })

  test('names what is wrong, and what could not be tried', () => {
    const [reader, analyst] = groups as [Group, Group]
    const text = testText(
      [
        cell(reader, 'energies', { found: 'allowed', isWrong: true }),
        cell(analyst, 'energies', { found: 'not tried', detail: 'it would hold the pipeline up' }),
      ],
      pipe,
    )
    expect(text).toContain(`WRONG ${reader}, INSERT, energies: allowed, should be refused\n`)
    expect(text).toContain(`not tried: ${analyst}, INSERT, energies: it would hold the pipeline up\n`)
    expect(text).toContain('1 of 2 cells are wrong.')
  })
})
