// The benchmarks: `npm run bench -- --help` says how.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describeMachine } from './measure/machine.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { startWorker, type Worker } from './process/worker.ts'
import type { Figure } from './report/figure.ts'
import { markdownHead, markdownSection } from './report/markdown-report.ts'
import type { Report, ScenarioReport } from './report/report.ts'
import type { ScenarioParams } from './scenarios/run-scenario.ts'
import { type ScenarioEntry, scenarios } from './scenarios/scenarios.ts'

const interrupted = new AbortController()

async function runOne({ name, title, timeoutMs }: ScenarioEntry, options: BenchOptions): Promise<ScenarioReport> {
  const folder = mkdtempSync(join(tmpdir(), 'windrow-bench-'))
  const params: ScenarioParams = {
    folder,
    quick: options.quick,
    profileFolder: options.profileFolder && resolve(options.profileFolder),
  }
  process.stderr.write(`${name} ...\n`)
  const worker = startWorker({ kind: 'scenario', name, params }, { timeoutMs, ownGroup: true })
  const stop = (): void => void worker.kill()
  interrupted.signal.addEventListener('abort', stop, { once: true })
  const outcome = await outcomeOf(worker)
  interrupted.signal.removeEventListener('abort', stop)
  removeFolder(folder)
  return { name, title, seconds: (performance.now() - worker.startedAt) / 1000, ...outcome }
}

/** What was killed may take a moment to be gone, and write until then. */
function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  } catch (error) {
    process.stderr.write(`${folder} could not be removed: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}

async function outcomeOf(worker: Worker): Promise<Pick<ScenarioReport, 'figures' | 'error'>> {
  try {
    return { figures: (await worker.result) as readonly Figure[], error: null }
  } catch (error) {
    return { figures: [], error: error instanceof Error ? error.message : String(error) }
  }
}

async function runAll(options: BenchOptions): Promise<Report> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  const head = { date: new Date().toISOString(), version, machine: describeMachine(), quick: options.quick }
  process.stdout.write(markdownHead(head))
  const reports: ScenarioReport[] = []
  for (const scenario of scenarios) {
    if (!options.names.includes(scenario.name) || interrupted.signal.aborted) continue
    const report = await runOne(scenario, options)
    process.stdout.write(markdownSection(report))
    reports.push(report)
  }
  return { ...head, scenarios: reports }
}

function isFailure({ error, figures }: ScenarioReport): boolean {
  return error !== null || figures.some(({ missing }) => missing?.isFailure === true)
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options === null) {
    process.stdout.write(usage)
    return 0
  }
  if ('mistake' in options) {
    process.stderr.write(`${options.mistake}\n\n${usage}`)
    return 2
  }
  const report = await runAll(options)
  const json = `${JSON.stringify(report, null, 2)}\n`
  if (options.jsonFile === null) process.stdout.write(`\n${json}`)
  else writeFileSync(options.jsonFile, json)
  return interrupted.signal.aborted || report.scenarios.some(isFailure) ? 3 : 0
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
process.exitCode = await main(process.argv.slice(2))
