import { WindrowError } from '../core/errors.ts'
import { sentence } from '../core/shown-text.ts'

/** One thing that is wrong with the configuration. Neither text holds a secret. */
export interface Mistake {
  /** The variable (or variables) it is about. */
  readonly setting: string
  readonly problem: string
  readonly remedy: string
}

/** One error that lists all mistakes. `code`: what all of them are, where that is more than a wrong setting. */
export function mistakesError(mistakes: readonly Mistake[], code: `WR_${string}` = 'WR_CONFIG_INVALID'): WindrowError {
  const lines = mistakes.map(({ setting, problem, remedy }) => `  ${sentence(`${setting} ${problem}`)} ${remedy}`)
  const heading = mistakes.length === 1 ? 'One setting is wrong:' : `${mistakes.length} settings are wrong:`
  return new WindrowError(code, {
    message: [heading, ...lines].join('\n'),
    remedy: 'Correct them in the environment, in .env or in the file that is named; docs/configuration.md lists every setting.',
    kind: 'usage',
    facts: { mistakes },
  })
}
