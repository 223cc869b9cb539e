import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { parse } from 'dotenv'
import { messageOf, WindrowError } from '../core/errors.ts'

/**
 * The text of a `.env` file with these variables set: a line that sets one is replaced (the last of several, which is the one that counts; the others
 * go), others are added at the end, and all the rest, comments too, stays as it is. Throws WR_SETUP_VALUE for a value that no such file can hold.
 */
export function withVariables(text: string, variables: ReadonlyMap<string, string>): string {
  let lines = text.replace(/^\uFEFF/, '').split('\n')
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  for (const [name, value] of variables) {
    const line = `${name}=${quoted(name, value)}`
    const sets = (one: string): boolean => new RegExp(`^\\s*(?:export\\s+)?${name}\\s*[=:]`).test(one)
    const last = lines.findLastIndex(sets)
    const end = newline === '\r\n' ? '\r' : ''
    if (last >= 0) lines = lines.flatMap((one, i) => (i === last ? [line + end] : sets(one) ? [] : [one]))
    else {
      if (lines.at(-1) === '') lines.pop()
      else if (end !== '') lines.push(`${lines.pop() ?? ''}${end}`)
      lines.push(line + end, '')
    }
  }
  const result = lines.join('\n')
  const read = parse(result)
  for (const [name, value] of Object.entries({ ...parse(text), ...Object.fromEntries(variables) })) {
    // A value of several lines can hold one that looks like another variable.
    if (read[name] !== value) throw unreadable(name)
  }
  return result
}

/** Bare where nothing in it means anything to whoever reads the file; else in the first kind of quotes that gives it back. */
function quoted(name: string, value: string): string {
  const bare = /^[\w./:@%+=,-]*$/.test(value) ? [value] : []
  const candidates = [...bare, `'${value}'`, `"${value}"`, `\`${value}\``]
  const fitting = /[\r\n\0]/.test(value) ? undefined : candidates.find((one) => parse(`${name}=${one}`)[name] === value)
  if (fitting === undefined) throw unreadable(name)
  return fitting
}

function unreadable(name: string): WindrowError {
  return new WindrowError('WR_SETUP_VALUE', {
    message: `The value of ${name} cannot stand in a .env file.`,
    remedy: `Set ${name} in the environment, or put it into a file of its own and name that in ${name}_FILE.`,
    kind: 'usage',
    facts: { variable: name },
  })
}

/** The text of a file, empty where there is none. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw unwritable(path, error)
  }
}

/** Replaces the file in one step, so that whoever reads it sees the old or the new one whole. Only this user may read what holds secrets (0600). */
export function replaceFile(path: string, text: string, mode: 0o600 | 0o644): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = openSync(temporary, 'wx', mode)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw unwritable(path, error)
  }
}

function unwritable(path: string, error: unknown): WindrowError {
  return new WindrowError('WR_SETUP_FILE', {
    message: `${path} cannot be written: ${messageOf(error)}`,
    remedy: 'Start windrow in a folder that this user may write to.',
    kind: 'usage',
    cause: error,
  })
}
