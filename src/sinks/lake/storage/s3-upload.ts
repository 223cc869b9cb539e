import { open } from 'node:fs/promises'
import type { MultipartUpload } from '@aws-sdk/client-s3'
import type { S3Calls } from './s3-client.ts'
import { answerOf } from './s3-errors.ts'
import { conditions, tagOf } from './s3-tag.ts'
import type { Expected, FileTag } from './storage.ts'

/** Of a write: where to, and what the file is to say of it. */
export interface S3Target {
  readonly Bucket: string
  readonly Key: string
  readonly Metadata: Record<string, string>
}

export interface LargeFile {
  readonly path: string
  readonly size: number
  readonly partBytes: number
  readonly expected: Expected
}

/**
 * Writes a large file a part at a time, each of them repeated by itself where it fails, with one part in memory. It appears when all are there:
 * the condition is that of the last step.
 */
export async function uploadInParts(library: S3Calls, target: S3Target, file: LargeFile): Promise<FileTag> {
  const { sdk, client } = library
  const { Bucket, Key } = target
  await abortUploads(library, target)
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(target))
  const upload = { Bucket, Key, UploadId }
  try {
    const Parts = await sendParts(library, upload, file)
    const { ETag } = await client.send(
      new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...conditions(file.expected) }),
    )
    return tagOf(ETag)
  } catch (error) {
    // What it rejects with is of no more use than the error itself: the next write of this file does it again.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}

async function sendParts(
  { sdk, client }: S3Calls,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  { path, size, partBytes }: LargeFile,
): Promise<{ ETag: string | undefined; PartNumber: number }[]> {
  const parts: { ETag: string | undefined; PartNumber: number }[] = []
  const source = await open(path)
  try {
    for (let at = 0; at < size; at += partBytes) {
      const Body = Buffer.alloc(Math.min(partBytes, size - at))
      const { bytesRead } = await source.read(Body, 0, Body.byteLength, at)
      if (bytesRead !== Body.byteLength) throw new Error(`${path} became shorter while it was read`)
      const PartNumber = parts.length + 1
      const { ETag } = await client.send(new sdk.UploadPartCommand({ ...upload, PartNumber, Body }))
      parts.push({ ETag, PartNumber })
    }
  } finally {
    await source.close()
  }
  return parts
}

/** Parts of a process that ended in the middle cost room, and nobody sees them. Only the writer of the lake comes here. */
async function abortUploads({ sdk, client }: S3Calls, { Bucket, Key }: S3Target): Promise<void> {
  for (const { Key: found, UploadId } of await uploadsOf({ sdk, client }, Bucket, Key)) {
    if (found === Key) await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  }
}

async function uploadsOf({ sdk, client }: S3Calls, Bucket: string, Prefix: string): Promise<readonly MultipartUpload[]> {
  try {
    return (await client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix }))).Uploads ?? []
  } catch (error) {
    // It is a right of its own, which a bucket with a rule for uploads that nobody finishes need not give.
    if (answerOf(error).status === 403) return []
    throw error
  }
}
