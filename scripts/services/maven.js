// @ts-check
import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { installOnce, serviceFile } from './install-once.js'

/**
 * The folder of what a pom under scripts/services names, downloaded by Maven if it is not in the cache.
 * @param {string} name the pom's folder
 * @param {string} goal
 */
export function mavenFolder(name, goal) {
  const pom = serviceFile(join(name, 'pom.xml'))
  return installOnce(name, pom, async (folder) => {
    process.stderr.write(`services: downloading ${name} from Maven Central\n`)
    // A repository of its own: two Mavens must not write into one, and what ~/.m2 holds must not matter.
    const repository = join(folder, 'repository')
    await run('mvn', [
      '-q',
      '-B',
      '-C',
      '-f',
      pom,
      `-Dmaven.repo.local=${repository}`,
      `-DinstallTo=${join(folder, 'libs')}`,
      goal,
    ])
    await rm(repository, { recursive: true, force: true })
  })
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ${args.at(-1)} failed:\n${said.slice(-4000)}`))
    })
  })
}
