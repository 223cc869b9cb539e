// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasClangAndProtoc, hasGoAndCargo } from './find-tools.js'
import { go } from './go.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'

const goMod = () => serviceFile(join('influxdb', 'go.mod'))
/** As go.mod has it; the server tells it to whoever asks. */
const version = 'v2.7.12'
const command = 'github.com/influxdata/influxdb/v2/cmd/influxd'

/** Whether `influxd` is in the cache, or all that building it takes is here. */
export function canBuildInfluxdb() {
  return existsSync(installedFolder('influxdb', goMod())) || (hasGoAndCargo() && hasClangAndProtoc())
}

/**
 * The folder of `influxd`, built from its sources if it is not in the cache: nobody publishes it for npm, Maven or Debian. That takes Go,
 * Rust (for its query language Flux), clang and protoc, and some minutes, once.
 */
export function installInfluxdb() {
  return installOnce('influxdb', goMod(), async (folder) => {
    process.stderr.write('services: building influxd from its sources, which takes seven minutes or more, once\n')
    const work = join(folder, 'build')
    await mkdir(work)
    for (const file of ['go.mod', 'go.sum', 'tools.go']) await copyFile(join(dirname(goMod()), file), join(work, file))
    const lenient = join(work, 'rustc-lenient')
    // Flux denies the warnings of its own code, and newer compilers know more of them.
    await writeFile(lenient, '#!/bin/sh\nexec "$@" --cap-lints warn\n')
    await chmod(lenient, 0o755)
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', ...rustToolchain() }
    const pkgConfig = join(work, 'pkg-config')
    await go(work, env, ['build', '-o', pkgConfig, 'github.com/influxdata/pkg-config'])
    const tags = [
      '-tags',
      'noassets,sqlite_foreign_keys,sqlite_json',
      '-ldflags',
      `-s -w -X main.version=${version}`,
      '-trimpath',
    ]
    const forFlux = { ...env, PKG_CONFIG: pkgConfig, RUSTC_WORKSPACE_WRAPPER: lenient }
    await go(work, forFlux, ['build', ...tags, '-o', join(folder, 'influxd'), command])
    await rm(work, { recursive: true, force: true })
  })
}

/** Flux asks rustup for one exact toolchain, which would be downloaded: the one that is here does. */
function rustToolchain() {
  const { status, stdout } = spawnSync('rustup', ['show', 'active-toolchain'], { encoding: 'utf8' })
  const name = status === 0 ? stdout.split(/\s/)[0] : undefined
  return name === undefined || name === '' ? {} : { RUSTUP_TOOLCHAIN: name }
}
