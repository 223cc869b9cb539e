import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { away, denied } from '../lake-errors.ts'
import { checkFileName, OWN_FOLDER } from './file-name.ts'
import { openS3, type S3Library, type S3Options } from './s3-client.ts'
import { checkConditions } from './s3-conditions.ts'
import { answerOf, isMissing, s3Error } from './s3-errors.ts'
import { conditions, tagOf } from './s3-tag.ts'
import { type S3Target, uploadInParts } from './s3-upload.ts'
import type { Expected, FileTag, LakeStorage, StoredFile } from './storage.ts'

/** As many as S3 takes at once. */
const REMOVED_AT_ONCE = 1_000
/** Of 10,000 parts at most: files up to 160 GB. */
const PART_BYTES = 16 * 1024 * 1024
/** Metadata of a file that names the call that wrote it. */
const WRITE = 'windrow-write'

/** A lake in a bucket of Amazon S3, or of a server that is like it. Nothing is asked of the server yet. */
export async function s3Bucket(options: S3Options): Promise<LakeStorage> {
  return new S3Bucket(options, await openS3(options))
}

class S3Bucket implements LakeStorage {
  private readonly options: S3Options
  private readonly library: S3Library
  private readonly root: string
  private readonly where: string
  private checked: Promise<void> | null = null

  constructor(options: S3Options, library: S3Library) {
    this.options = options
    this.library = library
    this.root = options.prefix === '' ? '' : `${options.prefix}/`
    const { bucket, prefix, endpoint } = options
    const place = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
    // Somebody may have put a key into an address.
    this.where = endpoint === null ? place : `${place} at ${new URL(endpoint).origin}`
  }

  async *list(prefix: string): AsyncGenerator<StoredFile> {
    const { sdk, client } = this.library
    let from: string | undefined
    do {
      const page = await this.guarded('list files', null, () =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.options.bucket,
            Prefix: this.root + prefix,
            // Of files that others put there any name is possible, and XML takes not all of them.
            EncodingType: 'url',
            ...(from === undefined ? {} : { ContinuationToken: from }),
          }),
        ),
      )
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        const name = decodeURIComponent((Key ?? '').replaceAll('+', ' ')).slice(this.root.length)
        // Consoles make empty objects that stand for folders.
        if (name === '' || name.endsWith('/') || name.startsWith(`${OWN_FOLDER}/`)) continue
        yield { name, bytes: Size ?? 0, tag: tagOf(ETag) }
      }
      from = page.IsTruncated === true ? page.NextContinuationToken : undefined
    } while (from !== undefined)
  }

  read(name: string): Promise<{ readonly bytes: Uint8Array; readonly tag: FileTag } | null> {
    return this.get(name, async (body) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk as Uint8Array)
      return Buffer.concat(chunks)
    }).then((found) => (found === null ? null : { bytes: found.value, tag: found.tag }))
  }

  async fetch(name: string, path: string): Promise<FileTag | null> {
    const found = await this.get(name, (body) => pipeline(body, createWriteStream(path)))
    return found === null ? null : found.tag
  }

  write(name: string, bytes: Uint8Array, expected: Expected): Promise<FileTag> {
    return this.changing(name, (target) => this.put(target, bytes, expected))
  }

  store(path: string, name: string, expected: Expected): Promise<FileTag> {
    return this.changing(name, async (target) => {
      const { size } = await stat(path)
      const { partBytes = PART_BYTES } = this.options
      if (size <= partBytes) return this.put(target, await readFile(path), expected)
      return uploadInParts(this.library, target, { path, size, partBytes, expected })
    })
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) checkFileName(name)
    const { sdk, client } = this.library
    for (let from = 0; from < names.length; from += REMOVED_AT_ONCE) {
      const Objects = names.slice(from, from + REMOVED_AT_ONCE).map((name) => ({ Key: this.keyOf(name) }))
      const { Errors: failed = [] } = await this.guarded('delete files', null, () =>
        client.send(new sdk.DeleteObjectsCommand({ Bucket: this.options.bucket, Delete: { Objects, Quiet: true } })),
      )
      const [first] = failed
      if (first === undefined) continue
      const why = new Error(`${first.Code}: ${first.Message} (${first.Key})`)
      throw first.Code === 'AccessDenied' ? denied('delete files', this.where, why) : away('delete files', this.where, why)
    }
  }

  describe(): string {
    return this.where
  }

  async close(): Promise<void> {
    this.library.close()
  }

  private keyOf(name: string): string {
    return this.root + name
  }

  private async get<T>(
    name: string,
    take: (body: Readable) => Promise<T>,
  ): Promise<{ readonly value: T; readonly tag: FileTag } | null> {
    checkFileName(name)
    const { sdk, client } = this.library
    return this.guarded(`read ${name}`, null, async () => {
      try {
        const command = new sdk.GetObjectCommand({ Bucket: this.options.bucket, Key: this.keyOf(name) })
        const { Body, ETag } = await client.send(command)
        return { value: await take(Body as Readable), tag: tagOf(ETag) }
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    })
  }

  private async put(target: S3Target, bytes: Uint8Array, expected: Expected): Promise<FileTag> {
    const { sdk, client } = this.library
    const { ETag } = await client.send(new sdk.PutObjectCommand({ ...target, Body: bytes, ...conditions(expected) }))
    return tagOf(ETag)
  }

  private changing(name: string, write: (target: S3Target) => Promise<FileTag>): Promise<FileTag> {
    checkFileName(name)
    const target = { Bucket: this.options.bucket, Key: this.keyOf(name), Metadata: { [WRITE]: randomUUID() } }
    return this.guarded(`write ${name}`, name, async () => {
      await this.conditionsKept()
      try {
        return await write(target)
      } catch (error) {
        const tag = answerOf(error).status === 0 ? null : await this.ownTag(target)
        if (tag === null) throw error
        return tag
      }
    })
  }

  /** A try whose answer was lost may have written the file: the next one, which the client made by itself, then finds it changed, by us. */
  private async ownTag({ Bucket, Key, Metadata }: S3Target): Promise<FileTag | null> {
    const { sdk, client } = this.library
    try {
      const found = await client.send(new sdk.HeadObjectCommand({ Bucket, Key }))
      return found.Metadata?.[WRITE] === Metadata[WRITE] ? tagOf(found.ETag) : null
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  /** Asked once, before the first write: all that keeps two writers apart rests on it. */
  private conditionsKept(): Promise<void> {
    this.checked ??= checkConditions(this.library, this.options.bucket, this.root, this.where).catch((error: unknown) => {
      this.checked = null
      throw error
    })
    return this.checked
  }

  private async guarded<T>(what: string, name: string | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw s3Error(error, what, this.where, name)
    }
  }
}
