/** Changes with every change of a file: an ETag, or what stands for one. */
export type FileTag = string

export interface StoredFile {
  /** Relative to the lake, with `/` between folders. */
  readonly name: string
  readonly bytes: number
  readonly tag: FileTag
}

/** What a write asks of the file that is there: `any` nothing, `none` that there is none, a tag that it is still that one. */
export type Expected = 'any' | 'none' | { readonly tag: FileTag }

/**
 * Where the files of a lake are: a folder, or a bucket. Reads see what was written before (strong consistency, as S3 has it since 2020).
 * Calls reject with WR_LAKE_AWAY (`canRetry`) while the storage cannot be reached or is full, with another code for what a person has to mend.
 */
export interface LakeStorage {
  /** The files whose names begin so, in the order of their names. */
  list(prefix: string): AsyncIterable<StoredFile>
  /** Null where there is none. */
  read(name: string): Promise<{ readonly bytes: Uint8Array; readonly tag: FileTag } | null>
  /** Copies a file to a local path, for DuckDB to read. Null where there is none. */
  fetch(name: string, path: string): Promise<FileTag | null>
  /**
   * Writes a file whole: readers see what was there before, or all of the new one, also when the process ends in the middle. Rejects with
   * WR_LAKE_CHANGED when what is there is not what was expected, having written nothing.
   */
  write(name: string, bytes: Uint8Array, expected: Expected): Promise<FileTag>
  /** The same with a local file, which it may move away. */
  store(path: string, name: string, expected: Expected): Promise<FileTag>
  /** Files that are not there are no error. */
  remove(names: readonly string[]): Promise<void>
  /** Where it is, without secrets. */
  describe(): string
  /** What is on its way over a network is given up. Nothing may be asked afterwards; to call it again does nothing. */
  close(): Promise<void>
}
