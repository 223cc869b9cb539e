import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { messageOf } from '../core/errors.ts'
import type { Mistake } from './mistake.ts'
import { allSettings } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What was set, as text, and the mistakes found on the way. Empty texts count as unset. */
export interface RawSettings {
  readonly values: ReadonlyMap<string, string>
  readonly mistakes: readonly Mistake[]
}

/** Whether a variable's value is never shown: as its declaration says, and by its name where it has none. */
export function isSecretVariable(variable: string): boolean {
  const declared = allSettings.find(([, setting]) => setting.variable === variable)
  if (declared !== undefined) return declared[1].isSecret
  return variable.startsWith('KAFKA_') && /PASSWORD|SECRET|TOKEN|_KEY|_PEM|JAAS/.test(variable)
}

/**
 * The environment over the `.env` file of `folder` (which need not exist), with every secret that is given as
 * `<variable>_FILE` read from that file.
 */
export function readEnvironment(environment: Environment, folder: string): RawSettings {
  const mistakes: Mistake[] = []
  const values = new Map<string, string>()
  const merged = { ...readEnvFile(join(folder, '.env'), mistakes), ...withoutEmpty(environment) }
  for (const [variable, value] of Object.entries(merged)) {
    if (value !== undefined && value.trim() !== '') values.set(variable, value)
  }
  readSecretFiles(values, mistakes)
  return { values, mistakes }
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''))
}

function readEnvFile(path: string, mistakes: Mistake[]): Environment {
  try {
    return parse(readFileSync(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    mistakes.push({
      setting: '.env',
      problem: `cannot be read: ${messageOf(error)}`,
      remedy: `Make ${path} readable, or remove it.`,
    })
    return {}
  }
}

function readSecretFiles(values: Map<string, string>, mistakes: Mistake[]): void {
  for (const [fileVariable, path] of [...values]) {
    if (!fileVariable.endsWith('_FILE')) continue
    const variable = fileVariable.slice(0, -'_FILE'.length)
    if (!isSecretVariable(variable)) continue
    values.delete(fileVariable)
    if (values.has(variable)) {
      mistakes.push({
        setting: `${variable}, ${fileVariable}`,
        problem: 'both are set',
        remedy: 'Keep one of the two.',
      })
      continue
    }
    try {
      const content = readFileSync(path, 'utf8').trim()
      if (content === '') throw new Error('it is empty')
      values.set(variable, content)
    } catch (error) {
      mistakes.push({
        setting: fileVariable,
        problem: `${path} cannot be read: ${messageOf(error)}`,
        remedy: 'Name a file that holds the secret and that this user may read.',
      })
    }
  }
}
