import type { WindrowError } from '../../core/errors.ts'
import { messageOf } from '../../core/errors.ts'
import { kafkaDenied } from './cluster-errors.ts'
import type { Listener } from './listener-probe.ts'

const NAME_MISMATCH = 'ERR_TLS_CERT_ALTNAME_INVALID'
/** The broker says by TLS that it does not take our certificate, or wants one. */
const ALERT = /_ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_(?:REQUIRED|UNKNOWN|EXPIRED|REVOKED)|UNKNOWN_CA|HANDSHAKE_FAILURE)/
/** The broker's certificate does not satisfy us. */
const UNTRUSTED = /^(?:CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET))|LEAF_SIGNATURE/
const OTHER_TLS = /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_)|HOSTNAME_MISMATCH/

/** WR_KAFKA_DENIED where a connection failed for a reason that no waiting mends, else null. */
export function deniedConnection(where: string, error: unknown): WindrowError | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    // The library says so too when the connection ended in the middle of it.
    if (code === 'PLT_KFK_AUTHENTICATION' && (at.cause as { code?: unknown } | undefined)?.code !== 'PLT_KFK_NETWORK') {
      return deniedSasl(where, at)
    }
    if (typeof code === 'string') {
      const remedy = tlsRemedy(code)
      if (remedy !== null) return kafkaDenied(where, tlsReason(at), remedy, error)
    }
  }
  return null
}

function deniedSasl(where: string, error: Error): WindrowError {
  const { cause } = error as { cause?: { errors?: ReadonlyArray<{ apiId?: unknown }>; response?: { mechanisms?: unknown } } }
  const protocolError = cause?.errors?.[0]?.apiId
  if (protocolError === 'ILLEGAL_SASL_STATE') return wrongProtocol(where, { tls: null, sasl: false }, error)
  if (protocolError === 'UNSUPPORTED_SASL_MECHANISM') {
    const { mechanisms } = cause?.response ?? {}
    const offered = Array.isArray(mechanisms) ? mechanisms.join(', ') : 'others'
    return kafkaDenied(where, `its mechanisms of SASL are ${offered}`, 'Set KAFKA_SASL_MECHANISM to one of them.', error)
  }
  const why = error.message.replace(/\.$/, '')
  return kafkaDenied(
    where,
    why,
    'Correct KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD (or the token) and KAFKA_SASL_MECHANISM.',
    error,
  )
}

/** OpenSSL's texts have the places in its sources around what matters. */
function tlsReason(error: Error): string {
  const text = messageOf(error).trim()
  const alert = /alert ([a-z ]+):/.exec(text)?.[1]
  return alert === undefined ? text.replace(/[:\s]+$/, '') : `it ended the TLS handshake with "${alert}"`
}

function tlsRemedy(code: string): string | null {
  if (code === NAME_MISMATCH) {
    return 'Name the brokers in KAFKA_BROKERS, and in what they advertise (advertised.listeners), as their certificates do.'
  }
  if (ALERT.test(code)) {
    return 'It wants a certificate of this client: KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION, signed by whom the broker trusts.'
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return "Renew the broker's certificate, or set this machine's clock right."
  }
  if (UNTRUSTED.test(code))
    return "Name the PEM file of the authority that signed the broker's certificate in KAFKA_SSL_CA_LOCATION."
  return OTHER_TLS.test(code) ? 'Look at the KAFKA_SSL_… settings, and at the TLS settings of the broker.' : null
}

/** How one comes in by KAFKA_SECURITY_PROTOCOL. */
function protocolName(tls: boolean, sasl: boolean): string {
  if (sasl) return tls ? 'sasl_ssl' : 'sasl_plaintext'
  return tls ? 'ssl' : 'plaintext'
}

/** WR_KAFKA_DENIED where a port wants another protocol than the one that is set, else null. */
export function otherProtocol(
  where: string,
  found: Listener,
  ours: { tls: boolean; sasl: boolean },
  cause: unknown,
): WindrowError | null {
  if (found.tls === ours.tls && (found.sasl === null || found.sasl === ours.sasl)) return null
  return wrongProtocol(where, found, cause)
}

function wrongProtocol(
  where: string,
  { tls, sasl }: { tls: boolean | null; sasl: boolean | null },
  cause: unknown,
): WindrowError {
  const known = [true, false].flatMap((t) => [true, false].map((s) => [t, s] as const))
  const fitting = known.filter(([t, s]) => (tls ?? t) === t && (sasl ?? s) === s).map(([t, s]) => protocolName(t, s))
  const speaks = [tls === null ? null : tls ? 'TLS' : 'no TLS', sasl === null ? null : sasl ? 'SASL' : 'no SASL']
  const why = `this port speaks ${speaks.filter((one) => one !== null).join(' and ')}`
  const remedy = `Set KAFKA_SECURITY_PROTOCOL to ${fitting.join(' or ')}, or name another port of the brokers in KAFKA_BROKERS.`
  return kafkaDenied(where, why, remedy, cause)
}
