import { parseArgs } from 'node:util'
import { scenarios } from './scenarios/scenarios.ts'

export interface BenchOptions {
  readonly names: readonly string[]
  /** Where the JSON goes; null prints it. */
  readonly jsonFile: string | null
  readonly quick: boolean
  readonly profileFolder: string | null
}

const listed = scenarios.map(
  ({ name, title, onRequest }) => `  ${name.padEnd(16)} ${title}${onRequest ? ' (only when named)' : ''}`,
)

export const usage = `Usage: npm run bench [-- NAME... [options]]

Without a name all scenarios run, one after another, each in a process of its own:
${listed.join('\n')}

  --quick         small loads: shows in a minute that all works; the figures mean little
  --json FILE     write the figures as JSON to FILE instead of printing them below the tables
  --cpu-prof DIR  write profiles of the replays' CPU time to DIR, for the developer tools of Chromium
  --help
`

/** The options of a command line, or what is wrong with it; null asks for help. */
export function parseOptions(args: readonly string[]): BenchOptions | { readonly mistake: string } | null {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) }
  }
  const { values, positionals } = parsed
  if (values.help === true) return null
  const unknown = positionals.filter((name) => namedBy(name).length === 0)
  if (unknown.length > 0) return { mistake: `There is no scenario ${unknown.join(', ')}.` }
  const all = scenarios.filter(({ onRequest }) => !onRequest).map(({ name }) => name)
  return {
    names: positionals.length > 0 ? positionals.flatMap(namedBy) : all,
    jsonFile: values.json ?? null,
    quick: values.quick === true,
    profileFolder: values['cpu-prof'] ?? null,
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      quick: { type: 'boolean' },
      'cpu-prof': { type: 'string' },
      help: { type: 'boolean' },
    },
  })
}

/** The scenario of that name, or all of a kind: `replay` for `replay-air` and the others. */
function namedBy(name: string): readonly string[] {
  const names = scenarios.map((scenario) => scenario.name)
  return names.includes(name) ? [name] : names.filter((each) => each.startsWith(`${name}-`))
}
