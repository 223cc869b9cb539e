import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, WindrowError } from '../../core/errors.ts'
import { makeDirectory } from '../../core/make-directory.ts'
import { Secret } from '../../core/secret.ts'
import { USERS, type User } from '../roles.ts'
import { assertUsable, newPassword } from './scram-verifier.ts'
import type { GivenPassword } from './set-passwords.ts'

/** The passwords of all users, each in a file of the user's name; one that is missing is generated and written, so that it is kept before it is set. */
export function passwordsOf(folder: string): GivenPassword[] {
  makeDirectory(folder, 0o700)
  return (Object.keys(USERS) as User[]).map((user) => ({ user, ...readOrMake(join(folder, user)) }))
}

/** What stands in the file, or a new one, which stands there then. */
export function readOrMake(path: string): { readonly password: Secret; readonly isNew: boolean } {
  const there = readPassword(path)
  if (there !== null) return { password: there, isNew: false }
  const password = newPassword()
  writePassword(path, password)
  return { password: new Secret(password), isNew: true }
}

/** Null where there is no such file. Throws WR_ACCESS_PASSWORD_FILE for one that others may read, WR_ACCESS_PASSWORD for what is in it. */
function readPassword(path: string): Secret | null {
  const file = open(path)
  if (file === null) return null
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw wrongFile(path, 'it is no file', 'Name a file, or one that is not there yet.')
    // Windows has other ways to say who may read a file.
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
      const mode = (found.mode & 0o777).toString(8)
      throw wrongFile(path, `others may read it (mode ${mode})`, `chmod 600 ${path}`)
    }
    const password = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    assertUsable(password, `in ${path}`)
    return new Secret(password)
  } finally {
    closeSync(file)
  }
}

function open(path: string): number | null {
  try {
    // The open of a named pipe would wait for a writer.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw wrongFile(path, messageOf(error), 'Name a file that you may read.', error)
  }
}

function writePassword(path: string, password: string): void {
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, `${password}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw wrongFile(path, messageOf(error), 'Name a place where you may write.', error)
  }
}

function wrongFile(path: string, why: string, remedy: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_ACCESS_PASSWORD_FILE', {
    message: `the password file ${path} cannot be used: ${why}`,
    remedy,
    facts: { path },
    kind: 'usage',
    cause,
  })
}
