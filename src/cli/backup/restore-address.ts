import { WindrowError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/**
 * Where to restore: `into` is the name of a database on the server of `configured`, or an address without a password, which is then that of
 * PGPASSWORD or of a password file. Throws WR_USAGE.
 */
export function restoreAddress(into: string | undefined, configured: Secret | null): Secret | null {
  if (into === undefined) return configured
  if (!/^postgres(?:ql)?:\/\//.test(into)) {
    if (configured === null) {
      throw usage(
        '--into names a database, and no server is configured.',
        'Set POSTGRES_ADMIN_URL, or give --into an address: postgres://USER@HOST:5432/DATABASE.',
      )
    }
    const url = new URL(configured.reveal())
    url.pathname = `/${encodeURIComponent(into)}`
    return new Secret(url.href)
  }
  const url = URL.canParse(into) ? new URL(into) : null
  if (url === null) throw usage('--into is no address that can be read.', 'It is like postgres://USER@HOST:5432/DATABASE.')
  if (url.password !== '' || url.searchParams.has('password')) {
    throw usage(
      '--into has a password in it, which everybody on this machine can read among the arguments of programs.',
      'Leave it out and set PGPASSWORD, or ~/.pgpass; or set POSTGRES_ADMIN_URL_FILE and give --into the name of the database alone.',
    )
  }
  return new Secret(into)
}

function usage(message: string, remedy: string): WindrowError {
  return new WindrowError('WR_USAGE', { message, remedy, kind: 'usage' })
}
