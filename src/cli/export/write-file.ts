import { open, rename, rm } from 'node:fs/promises'
import { messageOf, WindrowError } from '../../core/errors.ts'

/** Calls `write` with a path beside `path`, and gives the file its name once it is whole and on disk: nobody sees half a file. */
export async function writeWholeFile(path: string, write: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${path}.${process.pid}.partial`
  try {
    await write(partial)
    const file = await open(partial, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || error instanceof WindrowError) throw error
    throw new WindrowError('WR_OUTPUT_FILE', {
      message: `${path} cannot be written: ${messageOf(error)}`,
      remedy:
        code === 'ENOSPC'
          ? 'Make room on that disk, then run it again.'
          : 'Give --output a file in a folder that exists and that you may write to.',
      kind: code === 'ENOSPC' ? 'failure' : 'usage',
      facts: { path, code },
      cause: error,
    })
  }
}

/** Writes the texts to a file of that name, replacing one that is there. */
export async function writeTextFile(path: string, texts: AsyncIterable<string>): Promise<void> {
  await writeWholeFile(path, async (partial) => {
    const file = await open(partial, 'w')
    try {
      for await (const text of texts) await file.write(text)
    } finally {
      await file.close()
    }
  })
}
