import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { capture } from '../cli/run-command.ts'

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

/** `| \`dlq show <id>\` | what it does |` for every command, in the order of the help. */
function commandRows(): string[] {
  return program.commands.flatMap((command) => {
    const children = command.commands.length === 0 ? [command] : command.commands
    return children.map((child) => {
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

test.each(['README.md', 'CHANGELOG.md', 'docs/SPEC.md', 'docs/errors.md', 'docs/configuration.md'])(
  '%s links to files that exist',
  (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link as string)
    expect(links.filter((link) => !existsSync(join(root, dirname(file), link)))).toEqual([])
  },
)
