// @ts-check
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hasGo } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'
import { runGo } from './run-go.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'
import { answersHttp } from './until-ready.js'

const goMod = () => serviceFile(join('postgres-exporter', 'go.mod'))
const command = 'github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter'

/** Whether it was built. */
export const hasPostgresExporter = () => existsSync(installedFolder('postgres-exporter', goMod()))

/** Builds it from its sources, unless the cache has it, which takes a minute. Where that fails all else is tested. */
export async function preparePostgresExporter() {
  if (hasPostgresExporter()) return
  try {
    if (!hasGo()) throw new Error('it is built with Go')
    await install()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`services: the tests with the exporter of PostgreSQL are SKIPPED: ${why}\n`)
  }
}

const install = () =>
  installOnce('postgres-exporter', goMod(), async (folder) => {
    process.stderr.write('services: building postgres_exporter from its sources\n')
    const work = join(folder, 'build')
    await mkdir(work)
    for (const file of ['go.mod', 'go.sum', 'tools.go']) await copyFile(join(dirname(goMod()), file), join(work, file))
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' }
    await runGo(work, env, ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(folder, 'postgres_exporter'), command])
    await rm(work, { recursive: true, force: true })
  })

/** The path of the program. */
export const postgresExporterProgram = async () => join(await install(), 'postgres_exporter')

/**
 * Starts the exporter of a PostgreSQL server on a loopback port.
 * @param {{ readonly postgresUrl: string, readonly port?: number }} options
 * @returns {Promise<import('./service.js').Exporter>}
 */
export async function startPostgresExporter({ postgresUrl, port: wanted }) {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-postgres-exporter-'))
  const port = wanted ?? /** @type {number} */ ((await freePorts(1))[0])
  const url = `http://127.0.0.1:${port}`
  const server = serverProcess({
    name: 'postgres-exporter',
    command: await postgresExporterProgram(),
    args: [`--web.listen-address=127.0.0.1:${port}`],
    env: { ...process.env, DATA_SOURCE_NAME: `${postgresUrl}?sslmode=disable` },
    logFile: join(folder, 'postgres-exporter.log'),
    scratch: folder,
    isReady: () => answersHttp(`${url}/metrics`),
  })
  const stop = await startInFolder(server, folder)
  return { url, kill: server.kill, start: server.start, log: server.log, stop }
}
