// @ts-check
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findJava } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { mavenFolder } from './maven.js'
import { serverProcess } from './server-process.js'
import { answersHttp } from './until-ready.js'

const version = '3.0.9'

/** Downloads the schema registry, unless the cache has it. */
export const installRegistry = () => mavenFolder('registry', 'dependency:unpack')

/**
 * A schema registry (Apicurio) that runs as a process. What it acknowledged outlives a kill.
 * @param {{ readonly port?: number }} options
 */
export async function startJavaRegistry(options) {
  const java = findJava()
  if (java === null) throw new Error('The schema registry needs Java 17 or newer')
  const libs = join(await installRegistry(), 'libs')
  const folder = await mkdtemp(join(tmpdir(), 'windrow-registry-'))
  const ports = await freePorts(2)
  const port = options.port ?? ports[0]
  const properties = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': ports[1],
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': `jdbc:h2:file:${join(folder, 'schemas')};WRITE_DELAY=0`,
  }
  const server = serverProcess({
    name: 'registry',
    command: java,
    args: [
      // It is asked a few times: to start soon matters more than to run fast.
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Xmx384m',
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      '-jar',
      join(libs, `apicurio-registry-app-${version}-runner.jar`),
    ],
    logFile: join(folder, 'registry.log'),
    scratch: folder,
    isReady: () => answersHttp(`http://127.0.0.1:${port}/apis/registry/v3/system/info`),
  })
  /** @type {import('./service.js').Registry} */
  const registry = {
    url: `http://127.0.0.1:${port}/apis/ccompat/v7`,
    kill: server.kill,
    start: server.start,
    async stop() {
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await registry.stop()
    throw error
  }
  return registry
}
