import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { messageOf, WindrowError } from '../core/errors.ts'
import type { EventType } from '../events/event-type.ts'
import type { Topology } from '../streams/topology.ts'

/** What a module of the user's adds. */
export interface UserModule {
  readonly path: string
  readonly events: readonly EventType[]
  readonly topologies: readonly Topology[]
}

/** Loads the modules in order. `paths` are absolute. Throws WR_MODULE_LOAD or WR_MODULE_EXPORTS naming the module. */
export async function loadModules(paths: readonly string[]): Promise<readonly UserModule[]> {
  const modules: UserModule[] = []
  for (const path of paths) modules.push(readExports(path, await importModule(path)))
  return modules
}

async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(path)) {
    throw loadError(
      path,
      'there is no such file',
      'Correct the path in WINDROW_MODULES; it is relative to the folder windrow is started in.',
    )
  }
  if (/\.[cm]?ts$/.test(path) && !canRunTypeScript()) {
    throw loadError(
      path,
      `Node.js ${process.versions.node} does not run TypeScript`,
      'Name the compiled .js file, or use a Node.js that strips types (22.18 or newer).',
    )
  }
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw loadError(path, messageOf(error), 'Mend the module; `node` and its path alone shows the same error.', error)
  }
}

function canRunTypeScript(): boolean {
  const { typescript } = process.features as { readonly typescript?: unknown }
  return typeof typescript === 'string'
}

function readExports(path: string, exports: Readonly<Record<string, unknown>>): UserModule {
  const { events = [], topologies = [] } = exports
  if (exports.events === undefined && exports.topologies === undefined) {
    const names = Object.keys(exports).join(', ')
    throw exportsError(path, `exports neither events nor topologies${names === '' ? '' : ` (but ${names})`}`)
  }
  if (!Array.isArray(events) || !events.every(isEvent))
    throw exportsError(path, 'has something in `events` that defineEvent did not make')
  if (!Array.isArray(topologies) || !topologies.every(isTopology)) {
    throw exportsError(path, 'has something in `topologies` that topology() did not make')
  }
  return { path, events, topologies }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

function isEvent(value: unknown): value is EventType {
  return (
    isObject(value) && typeof value.name === 'string' && typeof value.schema === 'string' && typeof value.keyField === 'string'
  )
}

function isTopology(value: unknown): value is Topology {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    typeof value.fingerprint === 'string' &&
    isObject(value.view) &&
    isEvent(value.event)
  )
}

function loadError(path: string, why: string, remedy: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_MODULE_LOAD', {
    message: `The module ${path} cannot be loaded: ${why}.`,
    remedy,
    kind: 'usage',
    facts: { path },
    cause,
  })
}

function exportsError(path: string, what: string): WindrowError {
  return new WindrowError('WR_MODULE_EXPORTS', {
    message: `The module ${path} ${what}.`,
    remedy: 'Export `events` (an array of what defineEvent gives), `topologies` (an array of what topology() gives), or both.',
    kind: 'usage',
    facts: { path },
  })
}
