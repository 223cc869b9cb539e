import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { buildProgram } from '../../src/cli/program.ts'
import { checkStationsText } from '../../src/config/read-stations-file.ts'
import { allSettings } from '../../src/config/settings.ts'
import { sourceNames } from '../../src/config/source-settings.ts'
import { cronProblem } from '../../src/core/cron.ts'
import { capture } from '../cli/run-command.ts'

const read = (name: string): string => readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8')
const files = ['systemd/windrow.service', 'cron/windrow.cron', 'windows/windrow-task.xml', 'kubernetes/windrow-cronjob.yaml']

const program = buildProgram(
  {
    ...{ environment: {}, folder: '.', stdout: capture(), stderr: capture(), terminal: null, ask: null },
    signal: new AbortController().signal,
  },
  () => {},
)

/** The words behind `windrow` in every line that is no comment; Kubernetes has them in a list. */
function commandsOf(text: string): string[][] {
  const plain = text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^\s*#.*$/gm, '')
    .replace(/&gt;/g, '>')
  const listed = [...plain.matchAll(/\["windrow", (.*)\]/g)].map(([, words]) => JSON.parse(`[${words}]`) as string[])
  const inLines = [...plain.matchAll(/(?<=[ &]|\/c )windrow ((?:start|produce|run)[^<\n]*)/g)].map(([, words]) =>
    (words as string)
      .replace(/ 2>>.*/, '')
      .trim()
      .split(' '),
  )
  return [...listed, ...inLines]
}

test('examples/windrow.config.json is a list of stations without a mistake, of every source', () => {
  const { file, mistakes } = checkStationsText(read('windrow.config.json'), 'windrow.config.json')
  expect(mistakes).toEqual([])
  expect(new Set(file?.stations.map(({ source }) => source))).toEqual(new Set(sourceNames))
})

describe.each(files)('examples/%s', (name) => {
  const text = read(name)

  test('runs commands with options that exist', () => {
    const commands = commandsOf(text)
    expect(commands.length).toBeGreaterThan(0)
    for (const [word, ...rest] of commands) {
      const command = program.commands.find((one) => one.name() === word)
      const known = command?.options.flatMap(({ long }) => long ?? []) ?? []
      expect(rest.filter((one) => one.startsWith('--') && !known.includes(one))).toEqual([])
      const source = rest[rest.indexOf('--source') + 1]
      if (rest.includes('--source')) expect(sourceNames).toContain(source)
    }
  })

  test('sets variables that exist', () => {
    const known = new Set(
      allSettings.flatMap(([, { variable, isSecret }]) => (isSecret ? [variable, `${variable}_FILE`] : [variable])),
    )
    const named = [...text.matchAll(/(?:Environment=|name: )([A-Z][A-Z_0-9]+)/g)].map(([, variable]) => variable as string)
    expect(named.filter((variable) => !known.has(variable))).toEqual([])
  })
})

test('the schedules of cron and Kubernetes are cron expressions', () => {
  const lines = read('cron/windrow.cron')
    .split('\n')
    .filter((line) => /^[\d*]/.test(line))
  const schedules = [
    ...lines.map((line) => line.split(' ').slice(0, 5).join(' ')),
    /schedule: "(.*)"/.exec(read(files[3] as string))?.[1] ?? '',
  ]
  expect(schedules).toHaveLength(4)
  expect(schedules.map(cronProblem)).toEqual([null, null, null, null])
})

test('the task of Windows is well-formed XML', () => {
  const open: string[] = []
  for (const [, close, name] of read('windows/windrow-task.xml')
    .replace(/<!--[\s\S]*?-->|<\?.*?\?>/g, '')
    .matchAll(/<(\/?)([A-Za-z]+)[^>]*>/g)) {
    if (close === '') open.push(name as string)
    else expect(open.pop()).toBe(name)
  }
  expect(open).toEqual([])
})

test('the unit of systemd has sections with one assignment a line', () => {
  const lines = read('systemd/windrow.service')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  expect(lines.filter((line) => line.startsWith('['))).toEqual(['[Unit]', '[Service]', '[Install]'])
  expect(lines.filter((line) => !line.startsWith('[') && !/^[A-Z][A-Za-z]+=/.test(line))).toEqual([])
})

test('Kubernetes gets a Secret, and a CronJob that mounts it', () => {
  const documents = parseAllDocuments(read('kubernetes/windrow-cronjob.yaml'))
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  const [secret, job] = documents.map((document) => document.toJS() as Record<string, unknown>)
  expect([secret?.kind, job?.kind]).toEqual(['Secret', 'CronJob'])
  const { name } = (secret?.metadata ?? {}) as { readonly name?: string }
  expect(JSON.stringify(job?.spec)).toContain(`"secretName":"${name}"`)
})
