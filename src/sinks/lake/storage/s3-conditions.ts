import { randomUUID } from 'node:crypto'
import { OWN_FOLDER } from './file-name.ts'
import type { S3Calls } from './s3-client.ts'
import { isUnexpected, unconditional } from './s3-errors.ts'

/**
 * Tries on a file of its own whether the server refuses what it is to refuse: older ones ignore the headers and write. Rejects with
 * WR_LAKE_CONDITIONS where it does, with the server's own error where it is denied or away.
 */
export async function checkConditions({ sdk, client }: S3Calls, Bucket: string, root: string, where: string): Promise<void> {
  const file = { Bucket, Key: `${root}${OWN_FOLDER}/probe-${randomUUID()}` }
  const put = (Body: string, condition: { readonly IfMatch?: string; readonly IfNoneMatch?: string }) =>
    client.send(new sdk.PutObjectCommand({ ...file, Body, ...condition }))
  try {
    const first = await put('1', {})
    await refuses(() => put('2', { IfNoneMatch: '*' }), where, 'it wrote over a file that was to be new')
    const second = await put('3', { IfMatch: first.ETag ?? '' })
    await refuses(() => put('4', { IfMatch: first.ETag ?? '' }), where, 'it wrote over another file than the expected one')
    await refuses(() => complete({ sdk, client }, file), where, 'it put a file in parts over one that was to be new')
    const { ETag } = await client.send(new sdk.HeadObjectCommand(file))
    if (ETag !== second.ETag) throw unconditional(where, 'it refused a write and carried it out')
  } finally {
    await client.send(new sdk.DeleteObjectCommand(file)).catch(() => undefined)
  }
}

async function complete({ sdk, client }: S3Calls, file: { readonly Bucket: string; readonly Key: string }): Promise<void> {
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(file))
  const upload = { ...file, UploadId }
  try {
    const { ETag } = await client.send(new sdk.UploadPartCommand({ ...upload, PartNumber: 1, Body: '5' }))
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] }
    await client.send(new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' }))
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}

async function refuses(write: () => Promise<unknown>, where: string, otherwise: string): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (isUnexpected(error)) return
    throw error
  }
  throw unconditional(where, otherwise)
}
