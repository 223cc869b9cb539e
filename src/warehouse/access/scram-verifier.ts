import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { WindrowError } from '../../core/errors.ts'

/** As change_user_password() in the database wants it. */
const SHORTEST = 12
/** As Postgres makes them itself; every client can keep up with it. */
const ITERATIONS = 4096
const SALT_BYTES = 16
const KEY_BYTES = 32
/** ASCII without control characters: RFC 4013 leaves exactly these as they are, so that no client reads another password. */
const PLAIN = /^[\x20-\x7e]+$/

/**
 * What Postgres keeps of a password for SCRAM-SHA-256 (RFC 5802, RFC 7677): who has it can check the password, and not log in with it.
 *
 */
export function scramVerifier(password: string, salt: Uint8Array = randomBytes(SALT_BYTES), iterations = ITERATIONS): string {
  const salted = pbkdf2Sync(password, salt, iterations, KEY_BYTES, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest()
  const serverKey = hmac(salted, 'Server Key')
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`
}

/** Whether a verifier, as Postgres keeps it, was made of the password. */
export function isVerifierOf(verifier: string | null, password: string): boolean {
  const [, iterations, salt] = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$/.exec(verifier ?? '') ?? []
  if (iterations === undefined || salt === undefined) return false
  return scramVerifier(password, Buffer.from(salt, 'base64'), Number(iterations)) === verifier
}

/** 192 random bits in characters that nothing has to quote. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url')
}

/** Throws WR_ACCESS_PASSWORD for one that is too easy, or that clients would not all understand alike. `whose` ends `the password …`. */
export function assertUsable(password: string, whose = 'that was given'): void {
  if (password === '') throw unusable(`the password ${whose} is empty`)
  if (!PLAIN.test(password)) throw unusable(`the password ${whose} has characters that are not printable ASCII`)
  if (password.length < SHORTEST) throw unusable(`the password ${whose} is shorter than ${SHORTEST} characters`)
}

function unusable(message: string): WindrowError {
  return new WindrowError('WR_ACCESS_PASSWORD', {
    message,
    remedy: 'Give one of 12 or more letters, digits and signs of ASCII, or none, and one is generated.',
    kind: 'usage',
  })
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
