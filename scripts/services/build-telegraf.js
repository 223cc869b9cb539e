// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasGo } from './find-tools.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'
import { runGo } from './run-go.js'

const goMod = () => serviceFile(join('telegraf', 'go.mod'))
/** As go.mod has it. */
const version = '1.37.2'

/** What go.mod names of what telegraf/telegraf.conf uses: hundreds of plugins are left out, and what they require is not even downloaded. */
const tags = () => /^\/\/ tags: (\S+)$/m.exec(readFileSync(goMod(), 'utf8'))?.[1] ?? ''

/** Whether `telegraf` is in the cache, or all that building it takes is here. */
export function canBuildTelegraf() {
  return existsSync(installedFolder('telegraf', goMod())) || hasGo()
}

/** The folder of `telegraf`, built from its sources if it is not in the cache: npm, Maven and Debian have none. */
export function installTelegraf() {
  return installOnce('telegraf', goMod(), async (folder) => {
    process.stderr.write('services: building telegraf from its sources, which takes two minutes or more, once\n')
    const work = join(folder, 'build')
    await mkdir(work)
    for (const file of ['go.mod', 'go.sum', 'tools.go']) await copyFile(join(dirname(goMod()), file), join(work, file))
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' }
    const flags = ['-ldflags', `-s -w -X github.com/influxdata/telegraf/internal.Version=${version}`, '-trimpath']
    const output = ['-o', join(folder, 'telegraf'), 'github.com/influxdata/telegraf/cmd/telegraf']
    await runGo(work, env, ['build', '-tags', tags(), ...flags, ...output])
    await rm(work, { recursive: true, force: true })
  })
}
