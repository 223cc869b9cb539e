/**
 * The URL as `pg` is to have it: every mode of TLS but `no-verify` and `disable` checks the certificate and the name in it. (That is
 * what `pg` makes of `require` too; said in full, it does not warn of it.)
 */
export function pgUrl(url: string): string {
  return url.replace(
    /([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/,
    /[?&]uselibpqcompat=/.test(url) ? '$&' : '$1verify-full',
  )
}

/** Host, port and database: never the user's password. */
export function withoutSecrets(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${hostname === '' ? 'local' : hostname}${port === '' ? '' : `:${port}`}${pathname}`
  } catch {
    // libpq takes forms that are no URL; the configuration has checked it already.
    return 'server'
  }
}
