import type { ErrorObject } from 'ajv'
import { shownText } from '../core/shown-text.ts'
import type { Mistake } from './mistake.ts'
import { sourceSettings } from './source-settings.ts'
import { nearest } from './unknown-settings.ts'

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text in double quotes',
  integer: 'a whole number',
  number: 'a number',
  array: 'a list in [ ]',
  object: 'an object in { }',
}

/** What a text has to be that does not fit the pattern of its property. */
const patternWords: Readonly<Record<string, string>> = {
  id: 'letters, digits and marks of any script, spaces between them, and _ . - alone, not beginning with sim-, which is for the simulator',
  country: 'two capital letters of ISO 3166',
  url: 'an address beginning with https:// or http://, without a user, a query or a #',
  at: 'a time from 00:00 to 23:59, or a list of such times',
}

const SECRET = /key|secret|token|passw|credential|client_?id|appid|auth/i

/** What is wrong, and what to do, in words. `unknown` is the name that no object of this place has. Values of such are never shown. */
export function mistakeText(error: ErrorObject, unknown?: string): Pick<Mistake, 'problem' | 'remedy'> {
  if (unknown !== undefined) return unknownText(error, unknown)
  const schema = (error.parentSchema ?? {}) as Readonly<Record<string, unknown>>
  if (error.keyword === 'required') {
    const missing = String(error.params.missingProperty)
    return { problem: `has no ${missing}`, remedy: `Add ${JSON.stringify(missing)}.` }
  }
  const examples = schema.examples as readonly unknown[] | undefined
  const example = examples?.[0] === undefined ? '' : `, for instance ${JSON.stringify(examples[0])}`
  const remedy =
    error.keyword === 'enum'
      ? didYouMean(String(error.data), schema.enum as readonly string[], 'Correct it.')
      : `Correct it${example}.`
  return { problem: `is ${shown(error)}, expected ${expected(error, schema)}`, remedy }
}

function unknownText(error: ErrorObject, name: string): Pick<Mistake, 'problem' | 'remedy'> {
  const known = Object.keys((error.schema === false ? (error.parentSchema?.properties as object) : {}) ?? {})
  const variables = Object.values(sourceSettings)
    .filter(({ variable }) => /_KEY|RTE_CLIENT/.test(variable))
    .map(({ variable }) => variable)
  if (SECRET.test(name)) {
    return {
      problem: 'is not for this file, which others may read: no key, password or other secret is',
      remedy: `Remove it, and set it in the environment, in .env (windrow setup writes it) or in a file that a variable with _FILE names: ${variables.join(', ')}.`,
    }
  }
  return { problem: 'is nothing that windrow knows here', remedy: didYouMean(name, known, `Known are ${known.join(', ')}.`) }
}

function didYouMean(word: string, known: readonly string[], otherwise: string): string {
  const alike = nearest(word, known)
  return alike === null ? otherwise : `Did you mean ${alike}?`
}

function shown({ data, parentSchema }: ErrorObject): string {
  // Somebody may have put a key into an address.
  if (typeof data === 'string' && /:\/\//.test(data))
    return JSON.stringify(data.replace(/\/\/[^/\s]*@/, '//…@').replace(/[?#].*$/s, '?…'))
  if (Array.isArray(data)) return parentSchema?.type === 'array' && data.length === 0 ? 'an empty list' : 'a list'
  if (typeof data === 'object' && data !== null) return 'an object'
  const text = JSON.stringify(data)
  return shownText(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

function expected(error: ErrorObject, schema: Readonly<Record<string, unknown>>): string {
  const property = error.instancePath.split('/').findLast((part) => !/^\d+$/.test(part)) ?? ''
  const types = Array.isArray(schema.type)
    ? (schema.type as readonly string[])
    : typeof schema.type === 'string'
      ? [schema.type]
      : []
  const type = types.map((one) => typeWords[one] ?? one).join(' or ')
  if (/\/at\/\d+$/.test(error.instancePath)) return 'a time from 00:00 to 23:59'
  switch (error.keyword) {
    case 'enum':
      return `one of ${(schema.enum as readonly string[]).join(', ')}`
    case 'pattern':
    case 'anyOf':
      return patternWords[property] ?? 'another text'
    case 'minimum':
    case 'maximum':
      return schema.maximum === undefined
        ? `${type} of at least ${schema.minimum}`
        : `${type} from ${schema.minimum} to ${schema.maximum}`
    case 'minLength':
      return 'a text that is not empty'
    case 'maxLength':
      return `at most ${String(schema.maxLength)} characters`
    case 'minItems':
      return 'at least one'
    case 'uniqueItems':
      return 'each of them once'
    case 'maxItems':
      return `at most ${String(schema.maxItems)}`
    default:
      return type === '' ? String(error.message) : type
  }
}
