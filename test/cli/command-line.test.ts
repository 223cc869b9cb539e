import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { capture, runCommand } from './run-command.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
const commands = program.commands.flatMap((command) =>
  command.commands.length === 0 ? [[command.name()]] : command.commands.map((child) => [command.name(), child.name()]),
)

describe('the command line', () => {
  test('lists every command in its help, on stdout', async () => {
    const { code, stdout, stderr } = await runCommand(folder, ['--help'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    for (const [name] of commands) expect(stdout).toContain(`  ${name}`)
    expect(stdout).toContain('Exit codes: 0 done, 1 found something, 2 wrong use or configuration, 3 failed')
  })

  test.each(commands.map((words) => [words.join(' '), words]))(
    'explains %s with an example that it takes',
    async (name, words) => {
      const { code, stdout } = await runCommand(folder, [...words, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain('Examples:')
      expect(stdout).toContain(`$ windrow ${name}`)
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(160)
    },
  )

  test('prints its help and asks for a command when there is none', async () => {
    const { code, stdout, stderr } = await runCommand(folder, [])
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('Usage: windrow')
  })

  test.each([
    [['exprot', 'weather_daily'], "unknown command 'exprot'", 'Did you mean export?'],
    [['help', 'exprot'], "unknown command 'exprot'", 'Did you mean export?'],
    [['export', 'weather_daily', '--fromat', 'csv'], "unknown option '--fromat'", 'Did you mean --format?'],
    [['export', 'weather_daily', '--format', 'xml'], "argument 'xml' is invalid", 'csv, json, parquet'],
    [['export'], "missing required argument 'view'", 'windrow export --help'],
    [['tail', 'air.readings', '--max', 'ten'], 'It must be a whole number of at least 1', 'windrow tail --help'],
  ])('refuses %j with exit code 2, says why and what it may have meant', async (words, why, hint) => {
    const { code, stdout, stderr } = await runCommand(folder, words)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(why)
    expect(stderr).toContain(hint)
  })

  test('refuses a wrong configuration with exit code 2 before it does anything', async () => {
    const { code, stdout, stderr } = await runCommand(folder, ['topics'], { WINDROW_PORT: 'x', WINDROW_HOTS: 'y' })
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('WR_CONFIG_INVALID: 2 settings are wrong')
    expect(stderr).toContain('Did you mean WINDROW_HOST?')
  })

  test('shows no secret in an error, and the stack only where it is asked for', async () => {
    const environment = { WINDROW_API_TOKEN: 'a-token-of-some-length', WINDROW_DATA_DIR: '/dev/null/a-token-of-some-length' }
    const plain = await runCommand(folder, ['topics'], environment)
    const verbose = await runCommand(folder, ['topics'], { ...environment, WINDROW_LOG_LEVEL: 'debug' })
    expect(plain.code).not.toBe(0)
    expect(plain.stderr).toMatch(/^WR_[A-Z_]+: [^\n]*\nRemedy: [^\n]*\n$/)
    expect(verbose.stderr).toContain('    at ')
    for (const { stderr } of [plain, verbose]) expect(stderr).not.toContain('a-token')
  })
})
