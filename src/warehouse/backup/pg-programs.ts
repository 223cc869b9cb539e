import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { WindrowError } from '../../core/errors.ts'

/** PostgreSQL's client programs of one version, all in one folder. */
export interface PgPrograms {
  readonly folder: string
  /** Of pg_dump: 15 of 15.14. */
  readonly major: number
  readonly version: string
}

type Program = 'pg_dump' | 'pg_restore' | 'psql'
const PROGRAMS: readonly Program[] = ['pg_dump', 'pg_restore', 'psql']
const SUFFIX = process.platform === 'win32' ? '.exe' : ''

export const programPath = ({ folder }: PgPrograms, name: Program): string => join(folder, `${name}${SUFFIX}`)

/** Folders with a folder of each version in them, and where in that one the programs are. */
const VERSIONED = [
  { parent: '/usr/lib/postgresql', below: 'bin' },
  { parent: '/usr', below: 'bin', like: /^pgsql-\d+$/ },
  { parent: '/opt/homebrew/opt', below: 'bin', like: /^(?:libpq|postgresql@\d+)$/ },
  { parent: '/usr/local/opt', below: 'bin', like: /^(?:libpq|postgresql@\d+)$/ },
  { parent: '/Applications/Postgres.app/Contents/Versions', below: 'bin' },
  { parent: 'C:\\Program Files\\PostgreSQL', below: 'bin' },
] as const

/**
 * All that are installed here: in the given folder alone, else where PATH says and where the packages of systems put them. One that does not
 * say its version is none.
 */
export async function findPrograms(folder: string | null, path: string): Promise<PgPrograms[]> {
  const folders = folder === null ? [...path.split(delimiter), ...versionedFolders()] : [folder]
  const whole = [...new Set(folders)].filter(
    (each) => each !== '' && PROGRAMS.every((name) => existsSync(join(each, `${name}${SUFFIX}`))),
  )
  const found = await Promise.all(whole.map(programsIn))
  return found.filter((each) => each !== null)
}

function versionedFolders(): string[] {
  return VERSIONED.flatMap(({ parent, below, ...rest }) => {
    if (!existsSync(parent)) return []
    const names = readdirSync(parent).filter((name) => !('like' in rest) || rest.like.test(name))
    return names.map((name) => join(parent, name, below))
  })
}

async function programsIn(folder: string): Promise<PgPrograms | null> {
  try {
    const { stdout } = await promisify(execFile)(join(folder, `pg_dump${SUFFIX}`), ['--version'], { timeout: 20_000 })
    const version = versionOf(stdout)
    return version === null ? null : { folder, ...version }
  } catch {
    // Debian's wrapper is there without any version behind it, for instance.
    return null
  }
}

/** `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, `… 18beta1`. */
export function versionOf(text: string): { readonly major: number; readonly version: string } | null {
  const found = /\(PostgreSQL\) ((\d+)[^\s]*)/.exec(text)
  return found === null ? null : { version: String(found[1]), major: Number(found[2]) }
}

/** A need of programs: `atLeast` is a major version, `why` who wants it. */
export interface ProgramsNeed {
  readonly atLeast: number
  readonly why: string
}

/** Those of the oldest version that is new enough: the nearer to the server's, the less is different. Throws WR_BACKUP_TOOLS. */
export function choosePrograms(found: readonly PgPrograms[], { atLeast, why }: ProgramsNeed): PgPrograms {
  const fitting = found.filter(({ major }) => major >= atLeast).sort((a, b) => a.major - b.major)
  if (fitting[0] !== undefined) return fitting[0]
  const there = found.map(({ folder, version }) => `${version} in ${folder}`).join(', ')
  throw new WindrowError('WR_BACKUP_TOOLS', {
    message:
      there === ''
        ? 'pg_dump, pg_restore and psql are not installed here'
        : `${why} needs pg_dump, pg_restore and psql of version ${atLeast} or newer; here is ${there}`,
    remedy: `Install PostgreSQL's client programs, version ${atLeast} (Debian: apt-get install postgresql-client-${atLeast}, from apt.postgresql.org where Debian has an older one; macOS: brew install postgresql@${atLeast}), or name their folder with --pg-bin.`,
    facts: { atLeast, found: found.map(({ version }) => version) },
    kind: 'usage',
  })
}
