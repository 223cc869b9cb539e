// @ts-check
import { spawn } from 'node:child_process'

/**
 * Runs `go`, and rejects with what it said where it fails.
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
export function go(cwd, env, args) {
  return new Promise((resolve, reject) => {
    // Whatever else the machine does comes first.
    const child = spawn('nice', ['-n', '10', 'go', ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said = (said + text).slice(-8000)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`go ${args.at(-1)} failed:\n${said.slice(-4000)}`))
    })
  })
}
