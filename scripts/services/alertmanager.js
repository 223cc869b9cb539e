// @ts-check
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianProgram } from './debian-programs.js'
import { freePorts } from './free-ports.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'
import { answersHttp } from './until-ready.js'

/**
 * Starts Alertmanager on a loopback port.
 * @param {{ readonly configuration: string }} options what alertmanager.yml says
 * @returns {Promise<import('./service.js').Exporter>}
 */
export async function startAlertmanager({ configuration }) {
  const command = debianProgram('prometheus-alertmanager')
  if (command === null) throw new Error('Alertmanager is not here')
  const folder = await mkdtemp(join(tmpdir(), 'windrow-alertmanager-'))
  const file = join(folder, 'alertmanager.yml')
  await writeFile(file, configuration)
  const port = /** @type {number} */ ((await freePorts(1))[0])
  const url = `http://127.0.0.1:${port}`
  const server = serverProcess({
    name: 'alertmanager',
    command,
    args: [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // Alone: it looks for no others.
      '--cluster.listen-address=',
    ],
    logFile: join(folder, 'alertmanager.log'),
    scratch: folder,
    isReady: () => answersHttp(`${url}/-/ready`),
  })
  const stop = await startInFolder(server, folder)
  return { url, kill: server.kill, start: server.start, log: server.log, stop }
}
