import leven from 'leven'
import type { Mistake } from './mistake.ts'
import { allSettings } from './settings.ts'

/** The text among `known` nearest to `word`, or null when none is alike. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = leven(word, candidate)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** A variable that begins like ours and is none of ours is a typing error: ignoring it would run with a default nobody meant. */
export function unknownSettings(given: ReadonlyMap<string, string>): readonly Mistake[] {
  const known = allSettings.map(([, setting]) => setting.variable)
  const mistakes: Mistake[] = []
  for (const variable of given.keys()) {
    if (!variable.startsWith('WINDROW_') || known.includes(variable)) continue
    const alike = nearest(
      variable,
      known.filter((name) => name.startsWith('WINDROW_')),
    )
    mistakes.push({
      setting: variable,
      problem: 'is no setting of windrow',
      remedy:
        alike === null ? 'Unset it; docs/configuration.md lists all settings.' : `Did you mean ${alike}? Rename or unset it.`,
    })
  }
  return mistakes
}
