// @ts-check
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hasGo } from './find-tools.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'
import { runGo } from './run-go.js'

const source = (/** @type {string} */ file) => serviceFile(join('compose-check', file))
const name = 'compose-check'

/** Whether `checkCompose` has something to check with: it is built with Go. */
export const canCheckCompose = () => existsSync(installedFolder(name, source('main.go'))) || hasGo()

const install = () =>
  installOnce(name, source('main.go'), async (folder) => {
    process.stderr.write('services: building compose-check from its sources\n')
    const work = join(folder, 'build')
    await mkdir(work)
    for (const file of ['go.mod', 'go.sum', 'main.go']) await copyFile(source(file), join(work, file))
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' }
    await runGo(work, env, ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(folder, name), '.'])
    await rm(work, { recursive: true, force: true })
  })

/**
 * The project that `docker compose` would start, by its own library. Rejects with what that says of a file that is not valid.
 * @param {string} file
 * @param {{ readonly profiles?: readonly string[], readonly variables?: Readonly<Record<string, string>> }} [options]
 */
export async function checkCompose(file, { profiles = [], variables = {} } = {}) {
  const program = join(await install(), name)
  const { stdout } = await promisify(execFile)(program, [file, ...profiles], { env: { PATH: process.env.PATH, ...variables } })
  return JSON.parse(stdout)
}
