import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { WindrowError } from '../../../../src/core/errors.ts'
import type { Expected, FileTag, LakeStorage } from '../../../../src/sinks/lake/storage/storage.ts'

export interface FolderStorage extends LakeStorage {
  /** Calls so far. */
  readonly calls: number
  /** The process ends at that call, before or after it is carried out: nothing that is asked afterwards is. */
  crashAt(call: number, when: 'before' | 'after'): void
  /** Another process with the same folder. */
  connect(): FolderStorage
  /** Called after each change. */
  onChange: () => Promise<void>
  /** Called with the number of each call before it is carried out, and waited for. */
  onCall: (call: number) => Promise<void>
}

/** A lake in a folder, whose tags are of the content, as those of S3 are. Everything happens at once. */
export function folderStorage(folder: string): FolderStorage {
  let calls = 0
  let crash: { readonly call: number; readonly when: 'before' | 'after' } | null = null
  let onChange = async (): Promise<void> => undefined
  let onCall = async (_: number): Promise<void> => undefined
  const path = (name: string): string => join(folder, name)
  const tagOf = (name: string): FileTag | null =>
    existsSync(path(name))
      ? createHash('md5')
          .update(readFileSync(path(name)))
          .digest('hex')
      : null

  async function step<T>(isChange: boolean, run: () => T): Promise<T> {
    calls += 1
    await onCall(calls)
    const over = crash !== null && calls >= crash.call
    if (over && !(calls === crash?.call && crash.when === 'after')) throw new Error('crashed')
    const result = run()
    if (isChange) await onChange()
    if (over) throw new Error('crashed')
    return result
  }

  function assertExpected(name: string, expected: Expected): void {
    if (expected === 'any') return
    const tag = tagOf(name)
    if (expected === 'none' ? tag === null : tag === expected.tag) return
    throw new WindrowError('WR_LAKE_CHANGED', { message: `${name} is another`, remedy: 'Try again.', canRetry: true })
  }

  function put(name: string, bytes: Uint8Array, expected: Expected): FileTag {
    assertExpected(name, expected)
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(`${path(name)}.tmp`, bytes)
    renameSync(`${path(name)}.tmp`, path(name))
    return tagOf(name) as FileTag
  }

  return {
    get calls() {
      return calls
    },
    crashAt(call, when) {
      crash = { call, when }
    },
    connect: () => folderStorage(folder),
    get onChange() {
      return onChange
    },
    set onChange(listener) {
      onChange = listener
    },
    get onCall() {
      return onCall
    },
    set onCall(listener) {
      onCall = listener
    },
    async *list(prefix) {
      const names = await step(false, () =>
        existsSync(folder)
          ? readdirSync(folder, { recursive: true, withFileTypes: true })
              .filter((entry) => entry.isFile())
              .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
          : [],
      )
      for (const name of names.filter((each) => each.startsWith(prefix)).sort()) {
        yield { name, bytes: statSync(path(name)).size, tag: tagOf(name) as FileTag }
      }
    },
    read: (name) =>
      step(false, () => {
        const tag = tagOf(name)
        return tag === null ? null : { bytes: readFileSync(path(name)), tag }
      }),
    fetch: (name, local) =>
      step(false, () => {
        const tag = tagOf(name)
        if (tag !== null) writeFileSync(local, readFileSync(path(name)))
        return tag
      }),
    write: (name, bytes, expected) => step(true, () => put(name, bytes, expected)),
    store: (local, name, expected) => step(true, () => put(name, readFileSync(local), expected)),
    remove: (names) =>
      step(true, () => {
        for (const name of names) rmSync(path(name), { force: true })
      }),
    describe: () => folder,
    close: async () => undefined,
  }
}
