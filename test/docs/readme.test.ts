import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { builtInViews } from '../../src/views/index.ts'
import { capture, runCommand } from '../cli/run-command.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')

const program = buildProgram(
  {
    environment: {},
    folder: '.',
    stdout: capture(),
    stderr: capture(),
    signal: new AbortController().signal,
    ask: null,
    terminal: null,
  },
  () => {},
)

/** Commands that only lead to others take no place of their own: `dlq` does nothing, `lake` does. */
const GROUPS_ONLY = ['dlq', 'access']

/** `| \`dlq show <id>\` | what it does |` for every command, in the order of the help. */
function commandRows(): string[] {
  return program.commands.flatMap((command) => {
    const own = GROUPS_ONLY.includes(command.name()) ? [] : [command]
    return [...own, ...command.commands].map((child) => {
      const name = child === command ? child.name() : `${command.name()} ${child.name()}`
      const usage = child.registeredArguments.map((argument) => {
        const inner = `${argument.name()}${argument.variadic ? '...' : ''}`
        return argument.required ? ` <${inner}>` : ` [${inner}]`
      })
      return `| \`${name}${usage.join('')}\` | ${child.description()} |`
    })
  })
}

describe('README.md', () => {
  test('has a row for every command, with the words of its help', () => {
    expect(readme).toContain(commandRows().join('\n'))
  })

  test('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
    const named = [...readme.matchAll(/npm run (?:-s )?([a-z]+)/g)].map(([, name]) => name as string)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  test('names error codes that are explained', () => {
    const errors = read('docs/errors.md')
    const codes = [...readme.matchAll(/WR_[A-Z_]+[A-Z]/g)].map(([code]) => code)
    expect(codes.filter((code) => !errors.includes(`## ${code}\n`))).toEqual([])
  })
})

/** The words of the README's lines `npm run -s windrow -- …` of one code block, as a shell would give them. */
function linesOf(heading: string): string[][] {
  const block = /```\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(`## ${heading}`)))?.[1] ?? ''
  return block
    .split('\n')
    .map((line) => /^npm run -s windrow -- (.*)/.exec(line.replace(/ +# .*/, ''))?.[1] ?? '')
    .filter((line) => line !== '')
    .map((line) => [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word))
}

describe("a newcomer's first lines", () => {
  let folder = ''
  // Without Postgres: it has tests of its own.
  const run = (words: readonly string[]) =>
    runCommand(folder, words[0] === 'run' ? [...words, '--sinks', 'none'] : words, { WINDROW_LOG_LEVEL: 'error' })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'windrow-readme-'))
    cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('"What to see next" finds something in what the simulator publishes', async () => {
    for (const words of [
      ['produce', '--source', 'simulator', '--days', '2'],
      ['run', '--until-end'],
    ])
      expect((await run(words)).code).toBe(0)
    const lines = linesOf('What to see next')
    expect(lines.length).toBeGreaterThanOrEqual(5)
    for (const words of lines) {
      if (words[0] === 'sql') {
        const view = /FROM (\w+)/.exec(words[1] ?? '')?.[1]
        expect(builtInViews.map(({ name }) => name)).toContain(view)
        continue
      }
      const { code, stdout } = await run(words)
      expect([words, code, stdout.split('\n').length > 2]).toEqual([words, 0, true])
    }
  })

  test('"Your own readings" exports rows of the sample file, and nothing of it contradicts the options', async () => {
    const lines = linesOf('Your own readings')
    expect(lines.map(([command]) => command)).toEqual(['produce', 'run', 'export'])
    for (const words of lines) {
      const { code, stderr, stdout } = await run(words)
      expect([words, code, stderr.includes('own')]).toEqual([words, 0, false])
      if (words[0] === 'export') expect(stdout.trimEnd().split('\n').length).toBeGreaterThan(1)
    }
  })
})

test.each(['README.md', 'CHANGELOG.md', 'docs/SPEC.md', 'docs/errors.md', 'docs/configuration.md'])(
  '%s links to files that exist',
  (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link as string)
    expect(links.filter((link) => !existsSync(join(root, dirname(file), link)))).toEqual([])
  },
)
