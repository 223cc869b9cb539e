/**
 * The URL as `pg` is to have it: the signs that it leaves encoded in the name of the database as they are, since libpq decodes them and the
 * two would be at work on different ones; and every mode of TLS but `no-verify` and `disable` checks the certificate and the name in it. (That is
 * what `pg` makes of `require` too; said in full, it does not warn of it.)
 */
export function pgUrl(url: string): string {
  return url
    .replace(/^\w+:\/\/[^/?#]*\/[^?#]*/, withPlainName)
    .replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, /[?&]uselibpqcompat=/.test(url) ? '$&' : '$1verify-full')
}

/** `?` and `#` would end the name. */
function withPlainName(untilQuery: string): string {
  const name = untilQuery.indexOf('/', untilQuery.indexOf('//') + 2) + 1
  return untilQuery.slice(0, name) + untilQuery.slice(name).replace(/%(?:3B|2F|3A|40|26|3D|2B|24|2C)/gi, decodeURIComponent)
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
