/**
 * The milliseconds that a `Retry-After` header asks to wait (RFC 9110, 10.2.3: seconds, or a date of HTTP), at least 0. Null where
 * there is none, or none that can be read.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000
  // Date.parse would take many other things for a date.
  if (!/^[A-Z][a-z]{2,8}[, ].*\d{4}/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}
