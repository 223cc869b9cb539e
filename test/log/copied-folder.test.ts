import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a copy of a log does not take the processes that live in the original for its own', async () => {
  const directory = join(folder, 'original')
  const copy = join(folder, 'copy')
  const log = await openEmbeddedLog({ directory })
  const topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
  const writer = await log.exclusiveWriter('replay')
  try {
    cpSync(directory, copy, { recursive: true })
    const copied = await openEmbeddedLog({ directory: copy, sessionTimeoutMs: 500 })
    const own = await copied.exclusiveWriter('replay')
    expect(own.epoch).toBe(writer.epoch + 1)
    await own.close()
    const here = await copied.findTopic('t')
    expect(here?.id).toBe(topic.id)
    await copied.close()
    await expect(log.exclusiveWriter('replay')).rejects.toMatchObject({ code: 'WR_WRITER_HELD' })
  } finally {
    await writer.close()
    await log.close()
  }
})
