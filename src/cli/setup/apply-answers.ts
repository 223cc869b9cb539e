import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile, textOf, withVariables } from '../../config/env-file.ts'
import { type Environment, readEnvironment } from '../../config/read-environment.ts'
import { STATIONS_FILE } from '../../config/read-stations-file.ts'
import { WindrowError } from '../../core/errors.ts'
import type { SetupAnswers } from './answers.ts'
import { withStations } from './stations-text.ts'

/** What was written, for the person who asked for it: no secret is in it. */
export type SetupReport = readonly string[]

/**
 * Writes what was answered: keys into `.env`; a single place too, where no file lists stations; several into that file. Both are checked before
 * either is written.
 */
export function applyAnswers(answers: SetupAnswers, environment: Environment, folder: string): SetupReport {
  const { values } = readEnvironment(environment, folder)
  const envPath = linked(join(folder, '.env'))
  const before = textOf(envPath)
  const variables = new Map(answers.secrets)
  for (const name of variables.keys()) refuseFileVariable(name, before, environment)
  const has = (variable: string): boolean => variables.has(variable) || values.has(variable)
  const weather = [
    ...(has('METEO_API_KEY') ? ['openweathermap'] : []),
    ...(has('VISUAL_CROSSING_API_KEY') ? ['visual-crossing'] : []),
    ...answers.keyless.filter((name) => name === 'open-meteo'),
  ]
  const rte = [...(has('RTE_CLIENT_ID') ? ['rte-consumption'] : []), ...(has('RTE_CLIENT_ID_2') ? ['rte-generation'] : [])]
  const sources = [...weather, ...rte, ...answers.keyless.filter((name) => name !== 'open-meteo')]
  const listPath = linked(join(folder, values.get('WINDROW_CONFIG') ?? STATIONS_FILE))
  const report: string[] = []
  let list: string | null = null
  const [only] = answers.places
  if (existsSync(listPath) || answers.places.length > 1) {
    const text = withStations(textOf(listPath), sources, answers.places, listPath)
    if (text !== textOf(listPath)) list = text
  } else {
    if (only !== undefined) setPlace(variables, only)
    const named =
      values
        .get('WINDROW_SOURCES')
        ?.split(',')
        .map((name) => name.trim()) ?? []
    // It names all that are taken, so whoever names one that needs no key names the others too.
    if (answers.keyless.length > 0 || named.length > 0)
      variables.set('WINDROW_SOURCES', [...new Set([...named, ...sources])].join(','))
  }
  if (variables.size > 0) {
    replaceFile(envPath, withVariables(before, variables), 0o600)
    report.push(`${envPath}: ${[...variables.keys()].join(', ')}. Only you can read it.`)
  }
  if (list !== null) {
    replaceFile(listPath, list, 0o644)
    report.push(`${listPath}: the stations of ${sources.join(', ')}.`)
  }
  for (const name of variables.keys()) {
    if ((environment[name] ?? '').trim() !== '') report.push(`${name} is set in the environment too, which goes before .env.`)
  }
  return report.length > 0 ? report : ['Nothing was answered, so nothing was written.']
}

function setPlace(variables: Map<string, string>, place: SetupAnswers['places'][number]): void {
  variables.set('LAT', String(place.latitude))
  variables.set('LON', String(place.longitude))
  variables.set('WINDROW_CITY', place.city ?? '')
  variables.set('WINDROW_COUNTRY', place.country ?? '')
}

function refuseFileVariable(name: string, text: string, environment: Environment): void {
  const inFile = new RegExp(`^\\s*(?:export\\s+)?${name}_FILE\\s*=\\s*\\S`, 'm').test(text)
  if (!inFile && (environment[`${name}_FILE`] ?? '').trim() === '') return
  throw new WindrowError('WR_SETUP_VALUE', {
    message: `${name}_FILE is set, and ${name} cannot be set beside it.`,
    remedy: `Write the new value into the file that ${name}_FILE names, or unset ${name}_FILE first.`,
    kind: 'usage',
    facts: { variable: name },
  })
}

/** What a link stands for is replaced, not the link. */
function linked(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}
