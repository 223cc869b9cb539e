import { Secret } from '../core/secret.ts'

/** JSON Schema of the value after lists were split and numbers and flags were read from their text. */
export type SettingSchema = Readonly<Record<string, unknown>>

/** Where a setting stands in the documentation. */
export type Section =
  | 'general'
  | 'engine'
  | 'log'
  | 'kafka'
  | 'sinks'
  | 'postgres'
  | 'influxdb'
  | 'cassandra'
  | 'lake'
  | 'server'
  | 'places'
  | 'sources'

/** One environment variable: its meaning, its bounds and its default. */
export interface Setting<T> {
  readonly variable: string
  readonly section: Section
  readonly doc: string
  /** Ends the sentence `expected …`. */
  readonly expects: string
  readonly schema: SettingSchema
  readonly fallback: T
  /** Never shown, and also read from the file that `<variable>_FILE` names. */
  readonly isSecret: boolean
  readonly isList: boolean
  /** From the checked value (string, number, boolean or list of strings) to what the program uses. */
  readonly convert: (checked: unknown) => T
}

interface Words<T> {
  readonly section: Section
  readonly doc: string
  readonly fallback: T
}

type Basic = 'isSecret' | 'isList' | 'convert'

function setting<T>(variable: string, words: Words<T>, rest: Omit<Setting<T>, keyof Words<T> | 'variable' | Basic>): Setting<T> {
  return { variable, ...words, ...rest, isSecret: false, isList: false, convert: (checked) => checked as T }
}

export function text<T extends string | null>(
  variable: string,
  words: Words<T> & { readonly pattern?: string; readonly expects?: string },
): Setting<T | string> {
  const { pattern, expects = 'a text', ...rest } = words
  return setting<T | string>(variable, rest, {
    expects,
    schema: { type: 'string', minLength: 1, ...(pattern === undefined ? {} : { pattern }) },
  })
}

export function wholeNumber<T extends number | null>(
  variable: string,
  words: Words<T> & { readonly minimum: number; readonly maximum: number },
): Setting<T | number> {
  const { minimum, maximum, ...rest } = words
  return setting<T | number>(variable, rest, {
    expects: `a whole number from ${minimum} to ${maximum}`,
    schema: { type: 'integer', minimum, maximum },
  })
}

export function decimal<T extends number | null>(
  variable: string,
  words: Words<T> & { readonly minimum: number; readonly maximum: number },
): Setting<T | number> {
  const { minimum, maximum, ...rest } = words
  return setting<T | number>(variable, rest, {
    expects: `a number from ${minimum} to ${maximum}`,
    schema: { type: 'number', minimum, maximum },
  })
}

export function oneOf<const C extends string>(variable: string, choices: readonly C[], words: Words<NoInfer<C>>): Setting<C> {
  return setting<C>(variable, words, { expects: `one of ${choices.join(', ')}`, schema: { enum: choices } })
}

/** An address whose scheme is one of `schemes`. */
export function url(variable: string, schemes: readonly string[], words: Words<string | null>): Setting<string | null> {
  return setting<string | null>(variable, words, {
    expects: `an address beginning with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    schema: { type: 'string', addressWithScheme: schemes },
  })
}

/** Texts separated by commas; blanks around them do not count. */
export function list(
  variable: string,
  words: Words<readonly string[]> & { readonly pattern?: string; readonly expects?: string },
): Setting<readonly string[]> {
  const { pattern, expects = 'texts separated by commas', ...rest } = words
  const items = { type: 'string', minLength: 1, ...(pattern === undefined ? {} : { pattern }) }
  return { ...setting<readonly string[]>(variable, rest, { expects, schema: { type: 'array', items } }), isList: true }
}

/** Makes of a text or an address one that is never shown. */
export function secret(plain: Setting<string | null>): Setting<Secret | null> {
  return {
    ...plain,
    isSecret: true,
    fallback: null,
    convert: (checked) => new Secret(String(checked)),
  }
}
