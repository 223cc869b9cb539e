// @ts-check
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasGo } from './find-tools.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'
import { runGo } from './run-go.js'

/** It has the version. */
const goMod = () => serviceFile(join('minio', 'go.mod'))

/** Whether `minio` is in the cache, or all that building it takes is here. */
export function canBuildMinio() {
  return existsSync(installedFolder('minio', goMod())) || hasGo()
}

/** The folder of `minio`, built from its sources if it is not in the cache: npm, Maven and Debian have none. */
export function installMinio() {
  return installOnce('minio', goMod(), async (folder) => {
    process.stderr.write('services: building minio from its sources, which takes four minutes or more, once\n')
    const work = join(folder, 'build')
    await mkdir(work)
    for (const file of ['go.mod', 'go.sum', 'tools.go']) await copyFile(join(dirname(goMod()), file), join(work, file))
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' }
    const flags = ['-tags', 'kqueue', '-trimpath', '-ldflags', '-s -w']
    await runGo(work, env, ['build', ...flags, '-o', join(folder, 'minio'), 'github.com/minio/minio'])
    await rm(work, { recursive: true, force: true })
  })
}
