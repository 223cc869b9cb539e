import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { setup } from '../../../src/cli/commands/setup.ts'
import type { Prompter } from '../../../src/cli/setup/prompter.ts'
import { configuredStations } from '../../../src/cli/stations/configured-stations.ts'
import { withVariables } from '../../../src/config/env-file.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { isWindrowError } from '../../../src/core/errors.ts'
import { capture, runCommand } from '../run-command.ts'
import { fakeKinds } from '../stations/fake-kinds.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-setup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = (): string => readFileSync(join(folder, '.env'), 'utf8')
const ids = (): string[] =>
  configuredStations(loadConfig({}, folder), fakeKinds).map(({ kind, station }) => `${kind.name} ${station.id}`)

/** Answers the questions that begin so; all others with nothing, or no. */
function answering(answers: Readonly<Record<string, string | boolean>>): Prompter {
  const left = new Map(Object.entries(answers))
  const find = (question: string): string | boolean | undefined => {
    const key = [...left.keys()].find((beginning) => question.startsWith(beginning))
    const answer = key === undefined ? undefined : left.get(key)
    if (key === 'Another place') left.delete(key)
    return answer
  }
  return {
    text: async (question, { otherwise = '', check } = {}) => {
      const answer = String(find(question) ?? otherwise)
      expect(check?.(answer) ?? null).toBeNull()
      return answer
    },
    secret: async (question) => String(find(question) ?? ''),
    yes: async (question) => find(question) === true,
  }
}

/** A context in the folder, and what it says to people. */
function captured() {
  const stderr = capture()
  const signal = new AbortController().signal
  return { stderr, context: { environment: {}, folder, stdout: capture(), stderr, terminal: null, ask: null, signal } }
}

async function interactive(answers: Readonly<Record<string, string | boolean>>): Promise<string> {
  const { stderr, context } = captured()
  const input = { prompter: answering(answers), readStdin: async () => '' }
  expect(await setup(context, { interactive: true }, input)).toBe(0)
  return stderr.text
}

describe('windrow setup', () => {
  test('-k writes the key of OpenWeatherMap into .env, for this user alone, and does not show it', async () => {
    const { code, stdout, stderr } = await runCommand(folder, ['setup', '-k', 'hunter22'])
    expect([code, env()]).toEqual([0, 'METEO_API_KEY=hunter22\n'])
    expect(stdout + stderr).not.toContain('hunter22')
    expect(stderr).toContain('METEO_API_KEY')
    if (process.platform !== 'win32') expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['.env'])
    expect(ids()).toEqual(['openweathermap station_Paris_FR'])
  })

  test('keeps lines and comments of .env as they are, and a link a link', async () => {
    writeFileSync(join(folder, 'real'), '# mine\r\nMETEO_API_KEY=old # note\r\nWINDROW_PORT=9000\r\n')
    symlinkSync('real', join(folder, '.env'))
    await runCommand(folder, [
      'setup',
      '-k',
      'new key#1',
      '--city',
      'Lyon',
      '--country',
      'FR',
      '--lat',
      '45.764',
      '--lon',
      '4.8357',
    ])
    expect(env()).toBe(
      "# mine\r\nMETEO_API_KEY='new key#1'\r\nWINDROW_PORT=9000\r\nLAT=45.764\r\nLON=4.8357\r\nWINDROW_CITY=Lyon\r\nWINDROW_COUNTRY=FR\r\n",
    )
    expect(readdirSync(folder).sort()).toEqual(['.env', 'real'])
    expect(ids()).toEqual(['openweathermap station_Lyon_FR'])
  })

  test('reads a secret from stdin, so that no list of processes shows it', async () => {
    const { context } = captured()
    const input = { prompter: answering({}), readStdin: async () => 'my-id:my:secret\n' }
    await setup(context, { rte: '-' }, input)
    expect(parse(env())).toEqual({ RTE_CLIENT_ID: 'my-id', RTE_CLIENT_SECRET: 'my:secret' })
    expect(ids()).toEqual(['rte-consumption FR'])
  })

  test('without a terminal and without answers it says what to do', async () => {
    for (const words of [['setup'], ['setup', '-i']]) {
      const { code, stderr } = await runCommand(folder, words)
      expect([code, stderr]).toEqual([2, expect.stringMatching(/WR_USAGE[\s\S]*-k KEY/)])
    }
    expect(readdirSync(folder)).toEqual([])
  })

  test('asks for keys and places', async () => {
    const said = await interactive({
      'Key of OpenWeatherMap': 'hunter22',
      'Air quality': true,
      France: true,
      'Client id of RTE': 'id-1',
      'Its secret': 'hunter23',
    })
    expect(said).not.toMatch(/hunter/)
    expect(ids()).toEqual([
      'openweathermap station_Paris_FR',
      'rte-consumption FR',
      'rte-generation FR',
      'airqino 283181971',
      'airqino 283164601',
    ])
  })

  test('lists several places in windrow.config.json, and adds to what is there, whose ids stay', async () => {
    const place = ['--place', 'Paris,FR,48.8566,2.3522', '--place', 'Oslo,NO,59.9139,10.7522']
    expect((await runCommand(folder, ['setup', '--source', 'open-meteo', ...place])).code).toBe(0)
    expect(ids()).toEqual(['open-meteo station_Paris_FR', 'open-meteo station_Oslo_NO'])
    await runCommand(folder, ['setup', '-k', 'hunter22', '--place', 'Oslo,NO,59.9139,10.7522'])
    expect(ids()).toEqual([
      'openweathermap station_Oslo_NO_openweathermap',
      'open-meteo station_Paris_FR',
      'open-meteo station_Oslo_NO',
    ])
    expect(readFileSync(join(folder, 'windrow.config.json'), 'utf8')).not.toContain('hunter22')
  })

  test.each([
    [['setup', '--rte', 'hunter22'], /WR_USAGE: --rte is no client id/],
    [['setup', '-k', '-', '--rte', '-'], /WR_USAGE: Only one secret/],
    [['setup', '--place', 'Oslo'], /WR_USAGE: "Oslo" is no place/],
    [['setup', '--city', 'Oslo'], /WR_USAGE: A place needs both/],
    [['setup', '--source', 'openweathermap'], /need no key/],
    [['setup', '-i', '-k', 'hunter22'], /WR_USAGE: -i asks/],
  ])('%j is refused, and nothing is written', async (words, message) => {
    const { code, stderr } = await runCommand(folder, words)
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
    expect(stderr).not.toContain('hunter22')
    expect(readdirSync(folder)).toEqual([])
  })

  test('a key is not set beside a file that has it', async () => {
    writeFileSync(join(folder, '.env'), `METEO_API_KEY_FILE=${join(folder, '.env')}\n`)
    const { code, stderr } = await runCommand(folder, ['setup', '-k', 'hunter22'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('WR_SETUP_VALUE')])
    expect(env()).not.toContain('hunter22')
  })
})

test('whatever value is written, dotenv reads it back, and every other variable is as it was; or it is refused', () => {
  const before = '# c\nA=1\nexport B="two # words"\n\nC=\'x\'\n'
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('\\', '"', "'", '`', '#', ' ', '$', 'n') })), (value) => {
      for (const name of ['B', 'NEW']) {
        try {
          expect(parse(withVariables(before, new Map([[name, value]])))).toEqual({ ...parse(before), [name]: value })
        } catch (error) {
          if (!isWindrowError(error, 'WR_SETUP_VALUE')) throw error
        }
      }
    }),
    { numRuns: 500 },
  )
  expect(() => withVariables(before, new Map([['B', 'a\nEVIL=1']]))).toThrow(/cannot stand/)
})
