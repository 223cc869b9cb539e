// @ts-check
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installInfluxdb } from './build-influxdb.js'
import { freePorts } from './free-ports.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'
import { answersHttp } from './until-ready.js'

/**
 * An InfluxDB that runs as a process, not set up yet. What it acknowledged outlives a kill.
 * @param {{ readonly port?: number }} options
 * @returns {Promise<import('./service.js').Service & { readonly url: string, remove(): Promise<void> }>}
 */
export async function startInfluxdbProcess(options) {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-influxdb-'))
  const port = options.port ?? /** @type {number} */ ((await freePorts(1))[0])
  const url = `http://127.0.0.1:${port}`
  const server = serverProcess({
    name: 'influxdb',
    command: join(await installInfluxdb(), 'influxd'),
    args: [
      'run',
      ...['--http-bind-address', `127.0.0.1:${port}`],
      ...['--bolt-path', join(folder, 'influxd.bolt')],
      ...['--sqlite-path', join(folder, 'influxd.sqlite')],
      ...['--engine-path', join(folder, 'engine')],
      '--reporting-disabled',
      '--ui-disabled',
    ],
    logFile: join(folder, 'influxdb.log'),
    scratch: folder,
    isReady: () => answersHttp(`${url}/health`),
  })
  const remove = await startInFolder(server, folder)
  return Object.assign(server, { url, remove })
}
