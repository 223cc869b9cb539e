import type { Expected, FileTag } from './storage.ts'

/** An ETag without its quotes, which not all servers give everywhere. */
export function tagOf(etag: string | undefined): FileTag {
  return (etag ?? '').replace(/^"|"$/g, '')
}

/** What a write is to expect, as S3 is told it. */
export function conditions(expected: Expected): { readonly IfMatch?: string; readonly IfNoneMatch?: string } {
  if (expected === 'any') return {}
  return expected === 'none' ? { IfNoneMatch: '*' } : { IfMatch: `"${expected.tag}"` }
}
