import { describe, expect, test } from 'vitest'
import { type ReplayOptions, refuseContradictions } from '../../../src/cli/replay/choose-replay.ts'

const OPTIONS = {
  '--from': { from: '2025-03' },
  '--rollback': { rollback: true },
  '--verify': { verify: true },
  '--as-of': { asOf: '2025-03' },
  '--output': { output: 'rows.csv' },
  '--sinks': { sinks: [] },
  '--json': { json: true },
} as const satisfies Readonly<Record<string, ReplayOptions>>
type Name = keyof typeof OPTIONS
const names = Object.keys(OPTIONS) as Name[]

/** All that go with each way of replaying, beside `--json`. */
const FITTING: ReadonlyArray<readonly Name[]> = [
  ['--from', '--sinks'],
  ['--rollback', '--sinks'],
  ['--verify', '--output', '--sinks'],
  ['--as-of', '--output'],
]

function fits(given: readonly Name[]): boolean {
  const isEnough = !given.includes('--output') || given.includes('--verify') || given.includes('--as-of')
  return isEnough && FITTING.some((fitting) => given.every((name) => name === '--json' || fitting.includes(name)))
}

const combinations = Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_, i) => (bits >> i) & 1))
const merged = (given: readonly Name[]): ReplayOptions =>
  Object.assign({}, ...given.map((name) => OPTIONS[name])) as ReplayOptions

describe('the options of windrow replay', () => {
  test.each(combinations.filter(fits).map((given) => [given.join(' ') || 'none', given] as const))(
    'go together: %s',
    (_, given) => {
      expect(() => refuseContradictions(merged(given))).not.toThrow()
    },
  )

  test.each(combinations.filter((given) => !fits(given)).map((given) => [given.join(' '), given] as const))(
    'are refused, naming options that were given, with what to do: %s',
    (_, given) => {
      let refused: unknown = null
      try {
        refuseContradictions(merged(given))
      } catch (error) {
        refused = error
      }
      expect(refused).toMatchObject({ code: 'WR_USAGE', kind: 'usage', remedy: expect.stringMatching(/eave out|one of the two/) })
      const { message } = refused as Error
      const named = names.filter((name) => message.includes(name))
      expect(given).toEqual(expect.arrayContaining(named))
      expect(named.length).toBe(named.includes('--output') ? 1 : 2)
    },
  )
})
