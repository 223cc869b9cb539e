// @ts-check
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianProgram } from './debian-programs.js'
import { freePorts } from './free-ports.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'
import { answersHttp } from './until-ready.js'

/** Whether `startPrometheus` has something to start here. */
export const hasPrometheus = () => debianProgram('prometheus') !== null

/**
 * Starts Prometheus on a loopback port.
 * @param {import('./service.js').PrometheusOptions} [options]
 * @returns {Promise<import('./service.js').Prometheus>}
 */
export async function startPrometheus(options = {}) {
  const command = debianProgram('prometheus')
  if (command === null) throw new Error('Prometheus is not here')
  const folder = await mkdtemp(join(tmpdir(), 'windrow-prometheus-'))
  const port = options.port ?? /** @type {number} */ ((await freePorts(1))[0])
  const url = `http://127.0.0.1:${port}`
  const file = join(folder, 'prometheus.yml')
  const server = serverProcess({
    name: 'prometheus',
    command,
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
    ],
    logFile: join(folder, 'prometheus.log'),
    scratch: folder,
    isReady: () => answersHttp(`${url}/-/ready`),
  })
  /** @param {import('./service.js').PrometheusOptions} current */
  async function configure(current) {
    await mkdir(join(folder, 'data'), { recursive: true })
    await writeFile(file, JSON.stringify(configuration(current)))
  }
  const stop = await startInFolder(server, folder, async () => {
    await configure(options)
    await server.start()
  })
  return {
    url,
    folder,
    kill: server.kill,
    start: server.start,
    end: server.stop,
    log: server.log,
    stop,
    async scrape(jobs) {
      await configure({ ...options, jobs })
      const answer = await fetch(`${url}/-/reload`, { method: 'POST', signal: AbortSignal.timeout(10_000) })
      if (!answer.ok) throw new Error(`Prometheus does not take its configuration: ${await answer.text()}`)
    },
  }
}

/**
 * As prometheus.yml has it; YAML takes JSON.
 * @param {import('./service.js').PrometheusOptions} options
 */
function configuration({ jobs = {}, intervalMs = 1_000, ruleFiles = [], alertmanagers = [] }) {
  const every = `${intervalMs}ms`
  const targets = (/** @type {readonly string[]} */ of) => [{ targets: of }]
  return {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: ruleFiles,
    ...(alertmanagers.length > 0 && { alerting: { alertmanagers: [{ static_configs: targets(alertmanagers) }] } }),
    scrape_configs: Object.entries(jobs).map(([job, of]) => ({ job_name: job, static_configs: targets(of) })),
  }
}
