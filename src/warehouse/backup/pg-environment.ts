import { existsSync } from 'node:fs'
import type { Secret } from '../../core/secret.ts'
import { pgUrl } from '../../sinks/postgres/pg-url.ts'

export interface ConnectionOptions {
  /** As in POSTGRES_URL. */
  readonly url: Secret
  /** Major version of the programs. */
  readonly major: number
  /** Of this process. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What the programs may know of our surroundings: no key of a source is their business. */
const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'SystemRoot', 'APPDATA', 'KRB5CCNAME'] as const
/** What would lead them to another server or another way than the address says. */
const MISLEADING = new Set(['PGSERVICE', 'PGSERVICEFILE', 'PGDATABASE', 'PGHOSTADDR', 'PGOPTIONS', 'PGREQUIRESSL'])

const PARAMETERS: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  channel_binding: 'PGCHANNELBINDING',
}

/** Where systems keep the certificates of public authorities, which Node has with it and libpq has not. */
const AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

/**
 * The environment of pg_dump, pg_restore and psql for an address: with it nothing of the address, and no password, is among their arguments, which
 * every user of a machine can read.
 */
export function connectionEnvironment({ url, major, environment }: ConnectionOptions): Record<string, string> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      ((PASSED as readonly string[]).includes(entry[0]) || (entry[0].startsWith('PG') && !MISLEADING.has(entry[0]))),
  )
  const named = ofUrl(new URL(pgUrl(url.reveal())), major)
  // What they say is read: in English, whatever the user speaks.
  return { ...Object.fromEntries(passed), ...named, PGAPPNAME: 'windrow', LC_ALL: 'C', PGCLIENTENCODING: 'UTF8' }
}

function ofUrl(url: URL, major: number): Record<string, string> {
  const named: Record<string, string> = {}
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1')
  if (host !== '') named.PGHOST = host
  if (url.port !== '') named.PGPORT = url.port
  if (url.username !== '') named.PGUSER = decodeURIComponent(url.username)
  if (url.password !== '') named.PGPASSWORD = decodeURIComponent(url.password)
  // Without a name it is that of the user, for `pg` as for libpq.
  if (url.pathname.length > 1) named.PGDATABASE = decodeURIComponent(url.pathname.slice(1))
  for (const [parameter, value] of url.searchParams) {
    const name = PARAMETERS[parameter]
    if (name !== undefined) named[name] = value
    if (parameter === 'ssl' && value === 'true') named.PGSSLMODE ??= 'verify-full'
  }
  // A mode that `pg` alone knows: TLS, whoever it is.
  if (named.PGSSLMODE === 'no-verify') named.PGSSLMODE = 'require'
  if (named.PGSSLMODE === 'verify-full' && named.PGSSLROOTCERT === undefined) {
    const authorities = major >= 16 ? 'system' : AUTHORITIES.find((path) => existsSync(path))
    if (authorities !== undefined) named.PGSSLROOTCERT = authorities
  }
  return named
}
