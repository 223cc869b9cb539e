import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startWindrow, type WindrowProcess } from '../../../bench/chaos/windrow-process.ts'
import { loadModules } from '../../../src/cli/load-modules.ts'
import { openConfiguredKafka } from '../../../src/cli/open-kafka.ts'
import { type Config, loadConfig } from '../../../src/config/load-config.ts'
import { openLmdbStore } from '../../../src/kv/lmdb-store.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/port.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import type { ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import type { StoreName } from '../../../src/views/view.ts'
import { copyReadings, currentRows, expectedRows, type Publisher, publisher } from '../../runtime/replay/replay-world.ts'
import { type StoresOfLog, storesOfLog } from '../sinks/stores-of-log.ts'

/**
 * Versions of the topologies of the same views: `old` and `new` make other rows with the same columns, so that each can take the other's
 * place; `grown` makes the rows of `new` with one column more, from which there is no way back without a statement of a person.
 */
export type Logic = 'old' | 'new' | 'grown'

export const VIEWS = ['shift_means', 'day_means'] as const

const here = (name: string): string => fileURLToPath(new URL(`modules/${name}.js`, import.meta.url))
const moduleOf = (logic: Logic): string => here(`${logic}-logic`)

export interface SlowReplay {
  readonly replay: WindrowProcess
  hurry(): Promise<void>
}

export interface ReplaySettingOptions {
  /** Settings of all processes. */
  readonly settings: Readonly<Record<string, string>>
  readonly stores: readonly StoreName[]
}

/** Processes of windrow with either logic beside each other, on one log that this process publishes to. */
export interface ReplaySetting {
  readonly folder: string
  readonly log: Log
  readonly publisher: Publisher
  topologies(logic: Logic): Promise<readonly Topology[]>
  start(logic: Logic, args: readonly string[], more?: Readonly<Record<string, string>>): WindrowProcess
  /** Fails unless the command ends with 0. */
  succeed(logic: Logic, ...args: readonly string[]): Promise<void>
  /** A replay that dies at the step, before it does anything more. */
  replayThatDies(logic: Logic, step: ReplayStep): WindrowProcess
  /** A replay that takes half a minute, unless it is told to hurry. */
  slowReplay(more?: Readonly<Record<string, string>>): SlowReplay
  /** Asks it to stop, and fails unless it does so with 0, or, where other logic has replaced its own, with 3 once it has noticed. */
  stop(process: WindrowProcess, isReplaced?: boolean): Promise<void>
  stores(logic: Logic): StoresOfLog
  environment(logic: Logic): Record<string, string>
  /** Those that are current, in the order of VIEWS. */
  generations(): Promise<readonly number[]>
  /** Views whose rows are, once all readings are processed, not what the logic makes of them from the beginning: none. */
  wrongViews(logic: Logic): Promise<readonly string[]>
  /** What `windrow export` says of each view. */
  exports(logic: Logic): Promise<Record<string, string>>
  /** The same of a log of its own with the same readings, run once to the end. */
  exportsOfFreshRun(logic: Logic): Promise<Record<string, string>>
  remove(): Promise<void>
}

export async function replaySetting({ settings, stores }: ReplaySettingOptions): Promise<ReplaySetting> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-replay-'))
  const dataDir = join(folder, 'data')
  const all = new Set<WindrowProcess>()
  let started = 0

  const environment = (logic: Logic): Record<string, string> => ({
    WINDROW_DATA_DIR: dataDir,
    WINDROW_PARTITIONS: '4',
    WINDROW_MODULES: moduleOf(logic),
    WINDROW_LOG_LEVEL: 'debug',
    // Also where there is little to read.
    WINDROW_REPLAY_WORKERS: '2',
    ...settings,
  })
  const { log, close } = await openLog(loadConfig(environment('old'), folder))
  const start: ReplaySetting['start'] = (logic, args, more = {}) => {
    started += 1
    const process = startWindrow({
      name: `${args[0]}-${started}`,
      args,
      settings: { ...environment(logic), ...more },
      logFile: join(folder, `${args[0]}-${started}.log`),
    })
    all.add(process)
    return process
  }
  const endedWith = async (process: WindrowProcess, ...wanted: readonly string[]): Promise<void> => {
    const ending = await process.ended
    if (!wanted.includes(ending)) throw new Error(`${process.name} ended with ${ending}; it told:\n${process.told()}`)
  }
  const topologies = async (logic: Logic): Promise<readonly Topology[]> =>
    (await loadModules([moduleOf(logic)])).flatMap((module) => module.topologies)
  const exported = async (logic: Logic, more: Readonly<Record<string, string>>): Promise<Record<string, string>> => {
    const texts: Record<string, string> = {}
    for (const view of VIEWS) {
      const path = join(folder, `${view}.csv`)
      await endedWith(start(logic, ['export', view, '--output', path], more), 'exit code 0')
      texts[view] = await readFile(path, 'utf8')
    }
    return texts
  }

  const published = await publisher(log)
  return {
    folder,
    log,
    publisher: published,
    topologies,
    start,
    succeed: (logic, ...args) => endedWith(start(logic, args), 'exit code 0'),
    replayThatDies(logic, step) {
      const preload = pathToFileURL(here('die-at-step')).href
      return start(logic, ['replay', ...VIEWS], { NODE_OPTIONS: `--import=${preload}`, TEST_DIE_AT_STEP: step })
    },
    slowReplay(more) {
      const preload = pathToFileURL(here('slow-days')).href
      const hurryFile = join(folder, `hurry-${started}`)
      const settings = { NODE_OPTIONS: `--import=${preload}`, TEST_HURRY_FILE: hurryFile, ...more }
      return {
        replay: start('old', ['replay', ...VIEWS, '--sinks', 'none'], settings),
        hurry: () => writeFile(hurryFile, ''),
      }
    },
    async stop(process, isReplaced = false) {
      process.signal('SIGTERM')
      await endedWith(process, 'exit code 0', ...(isReplaced ? ['exit code 3'] : []))
    },
    stores: (logic) => storesOfLog(folder, environment(logic), stores),
    environment,
    async generations() {
      const current = await currentViews(log)
      return VIEWS.map((view) => current.get(view)?.generation ?? 0)
    },
    async wrongViews(logic) {
      const made = await topologies(logic)
      const wrong: string[] = []
      for (const view of VIEWS) {
        const found = await currentRows(log, view)
        const expected = await expectedRows(
          log,
          made.filter((topology) => topology.view.name === view),
          view,
        )
        if (JSON.stringify([...found]) !== JSON.stringify([...expected])) wrong.push(view)
      }
      return wrong
    },
    exports: (logic) => exported(logic, {}),
    async exportsOfFreshRun(logic) {
      const fresh = join(folder, `fresh-${started}`)
      const more = { WINDROW_DATA_DIR: fresh, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '' }
      const opened = await openLog(loadConfig({ ...environment(logic), ...more }, folder))
      await copyReadings(log, opened.log)
      await opened.close()
      await endedWith(start(logic, ['run', '--until-end', '--sinks', 'none'], more), 'exit code 0')
      return exported(logic, more)
    },
    async remove() {
      await published.stop()
      await Promise.all([...all].map((process) => process.kill()))
      await close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

async function openLog(config: Config): Promise<{ readonly log: Log; close(): Promise<void> }> {
  if (config.kafkaBrokers.length > 0) {
    const log = await openConfiguredKafka(config)
    return { log, close: () => log.close() }
  }
  const kv = await openLmdbStore({ path: join(config.dataDir, 'log') })
  const log = await openEmbeddedLog({ kv })
  return {
    log,
    async close() {
      await log.close()
      await kv.close()
    },
  }
}
