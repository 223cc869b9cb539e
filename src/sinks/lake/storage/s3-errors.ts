import { isWindrowError, messageOf, WindrowError } from '../../../core/errors.ts'
import { away, changed, denied } from '../lake-errors.ts'

/** Refusals that say that nothing is to be had without another key or another right. */
const FORBIDDEN = new Set([
  'AccessDenied',
  'AccountProblem',
  'AllAccessDisabled',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
])
const OTHER_BUCKET = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'NoSuchBucket',
  'PermanentRedirect',
])
/** Answers of 4xx that tell of a bad line, a slow one, or a busy server. */
const PASSING = new Set([
  'BadDigest',
  'IncompleteBody',
  'OperationAborted',
  'RequestTimeout',
  'SlowDown',
  'TooManyRequests',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
])

/** The name of an answer of S3 and its HTTP status, 0 where there was none. */
export function answerOf(error: unknown): { readonly name: string; readonly status: number } {
  const { name = '', $metadata } = (error ?? {}) as {
    readonly name?: string
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  return { name, status: $metadata?.httpStatusCode ?? 0 }
}

/** Whether a file is not there. A bucket that is not there is another matter. */
export function isMissing(error: unknown): boolean {
  const { name, status } = answerOf(error)
  return status === 404 && name !== 'NoSuchBucket' && name !== 'NoSuchUpload'
}

/** Whether what was there was not what a write expected: of a file that is to be replaced also that there was none. */
export function isUnexpected(error: unknown): boolean {
  const { name, status } = answerOf(error)
  if (status === 404) return name !== 'NoSuchBucket'
  return status === 412 || name === 'PreconditionFailed' || name === 'ConditionalRequestConflict'
}

/** What S3, or the way to it, answered to `what`, of which `name` is the file. */
export function s3Error(error: unknown, what: string, where: string, name: string | null): WindrowError {
  if (isWindrowError(error)) return error
  const { name: code, status } = answerOf(error)
  if (name !== null && isUnexpected(error)) return changed(name, where)
  if (OTHER_BUCKET.has(code) || status === 301) return otherBucket(where, error)
  if (code === 'RequestTimeTooSkewed') return wrongClock(where, error)
  if (FORBIDDEN.has(code) || status === 401 || status === 403) return denied(what, where, error)
  if (code === 'NotImplemented' || status === 501) return unconditional(where, messageOf(error), error)
  if (status >= 400 && status < 500 && status !== 404 && status !== 408 && status !== 429 && !PASSING.has(code)) {
    return denied(what, where, error)
  }
  return away(what, where, error)
}

function otherBucket(where: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_BUCKET', {
    message: `There is no bucket for ${where}: ${messageOf(cause)}`,
    remedy: 'Make the bucket, or correct LAKE_URL, S3_ENDPOINT and S3_REGION (the region that the bucket is in).',
    facts: { where },
    cause,
    kind: 'usage',
  })
}

function wrongClock(where: string, cause: unknown): WindrowError {
  return new WindrowError('WR_LAKE_DENIED', {
    message: `${where} refuses all requests, since its clock and this machine's differ: ${messageOf(cause)}`,
    remedy: 'Set the clock of this machine, or of the server, by NTP.',
    facts: { where },
    cause,
    kind: 'usage',
  })
}

/** The server cannot keep two writers apart. */
export function unconditional(where: string, why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_LAKE_CONDITIONS', {
    message: `${where} does not keep the conditions of a write (If-Match, If-None-Match): ${why}`,
    remedy:
      'Without them a second writer, or one that woke up late, could undo what is there. Use a server that has them (Amazon S3, MinIO since 2024) or a newer version of yours, or a folder as LAKE_URL.',
    facts: { where },
    cause,
    kind: 'usage',
  })
}
