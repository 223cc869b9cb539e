import { createReadStream, type Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { messageOf, WindrowError } from '../../core/errors.ts'
import { csvRows } from './csv-rows.ts'
import type { FilePart } from './file-rows.ts'
import { jsonLineRows, jsonRows } from './json-rows.ts'
import { parquetRows } from './parquet-rows.ts'

export type Container = 'csv' | 'json' | 'jsonl' | 'parquet'

const CHUNK_BYTES = 256 * 1024
const HEAD_BYTES = 64 * 1024

const BY_EXTENSION: Readonly<Record<string, Container>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
  '.pq': 'parquet',
}

/** Size and time of change. Throws WR_FILE_NOT_FOUND, or WR_FILE_UNREADABLE for what is no file or may not be read. */
export async function statFile(path: string): Promise<Stats> {
  try {
    const stats = await stat(path)
    if (stats.isFile()) return stats
  } catch (cause) {
    throw fileError(path, cause)
  }
  throw unreadable(path, 'it is not a file')
}

/** The beginning of a file as text, to tell what it is. */
export async function headOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
      return new TextDecoder().decode(buffer.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** What a file is written in: by its extension, and where that says nothing or only JSON, by its beginning. */
export function containerOf(path: string, head: string): Container {
  const known = BY_EXTENSION[extname(path).toLowerCase()]
  if (known !== undefined) return known
  if (head.startsWith('PAR1')) return 'parquet'
  const text = head.trimStart()
  if (text.startsWith('[')) return 'json'
  if (!text.startsWith('{')) return extname(path).toLowerCase() === '.json' ? 'json' : 'csv'
  const [first = '', second = ''] = text.split('\n', 2)
  return isJson(first) && second.trimStart().startsWith('{') ? 'jsonl' : 'json'
}

/** The parts of a file, pulled. `onBytes` is told how many bytes of it are read; of Parquet nothing. */
export function fileParts(
  path: string,
  container: Container,
  arrays: readonly string[] | undefined,
  onBytes: (done: number) => void = () => undefined,
): AsyncGenerator<FilePart> {
  switch (container) {
    case 'csv':
      return csvRows(chunksOf(path, onBytes))
    case 'jsonl':
      return jsonLineRows(chunksOf(path, onBytes))
    case 'json':
      return jsonRows(chunksOf(path, onBytes), path, arrays)
    case 'parquet':
      return parquetRows(path)
  }
}

async function* chunksOf(path: string, onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let done = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      done += chunk.byteLength
      yield chunk
      onBytes(done)
    }
  } catch (cause) {
    throw isSystemError(cause) ? fileError(path, cause) : cause
  } finally {
    stream.destroy()
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

function fileError(path: string, cause: unknown): WindrowError {
  if (isSystemError(cause) && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) {
    return new WindrowError('WR_FILE_NOT_FOUND', {
      message: `There is no file ${path}.`,
      remedy: 'Check the path given as --file; relative paths begin at the current directory.',
      kind: 'usage',
      facts: { path },
      cause,
    })
  }
  return unreadable(path, messageOf(cause), cause)
}

function unreadable(path: string, problem: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_FILE_UNREADABLE', {
    message: `The file ${path} cannot be read: ${problem}.`,
    remedy: 'Check that it is a regular file and that this user may read it.',
    facts: { path },
    cause,
  })
}
