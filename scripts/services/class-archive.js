// @ts-check
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/**
 * What makes Java start with the classes that were parsed before: the broker is up in less than half the time and CPU. Java ignores
 * an archive that does not fit, so that a new Java has one of its own.
 * @param {object} options
 * @param {string} options.java
 * @param {string} options.classpath `…/libs/*`, where nothing changes any more
 * @param {(flags: readonly string[]) => Promise<void>} options.rehearse starts the server with these flags and ends it; called once
 * @returns {Promise<readonly string[]>} flags of java
 */
export async function classArchiveFlags({ java, classpath, rehearse }) {
  const installed = dirname(dirname(classpath))
  const { stderr: version } = await execute(java, ['-version'])
  const name = `classes-${createHash('sha256').update(version).digest('hex').slice(0, 8)}.jsa`
  const archive = join(installed, name)
  if (!existsSync(archive)) {
    const begun = await mkdtemp(join(installed, 'classes.part-'))
    try {
      const [list, made] = [join(begun, 'list'), join(begun, name)]
      await rehearse([`-XX:DumpLoadedClassList=${list}`])
      await execute(java, ['-Xshare:dump', `-XX:SharedClassListFile=${list}`, `-XX:SharedArchiveFile=${made}`, '-cp', classpath])
      await rename(made, archive)
    } finally {
      await rm(begun, { recursive: true, force: true })
    }
  }
  return [`-XX:SharedArchiveFile=${archive}`]
}
