// @ts-check
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { serviceFile } from './install-once.js'

/**
 * A service as docker-compose.yml has it; of what else stands there nothing is needed here.
 * @typedef {object} ComposeService
 * @property {readonly string[]} [command]
 * @property {readonly string[]} [entrypoint]
 * @property {Readonly<Record<string, string>>} [environment]
 * @property {readonly string[]} [volumes] `source:target` or `source:target:ro`
 */

/**
 * The services of docker-compose.yml, with these variables in place of `${…}`.
 * @param {Readonly<Record<string, string | undefined>>} [variables]
 * @returns {Readonly<Record<string, ComposeService>>}
 */
export function composeServices(variables = {}) {
  const { services } = parse(readFileSync(serviceFile('../../docker-compose.yml'), 'utf8'), { merge: true })
  return filled(services, variables)
}

/**
 * @param {any} value
 * @param {Readonly<Record<string, string | undefined>>} variables
 * @returns {any}
 */
function filled(value, variables) {
  if (typeof value === 'string') {
    return value.replace(/\$\$|\$\{(\w+)(?::-([^}]*))?\}/g, (found, name, fallback) =>
      found === '$$' ? '$' : variables[name] || (fallback ?? ''),
    )
  }
  if (Array.isArray(value)) return value.map((each) => filled(each, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, variables)]))
}

/**
 * A service's command and environment for a process on this machine: paths are those that the container would have mounted, and services are
 * where they are.
 * @param {ComposeService} service
 * @param {object} here
 * @param {Readonly<Record<string, string>>} here.addresses by `name:port`
 * @param {(volume: string) => string} here.folderOf where what compose keeps in a volume is here
 * @param {Readonly<Record<string, string>>} [here.places] of mounted files and folders that are somewhere else here, by their path in the project
 */
export function asProcess({ entrypoint = [], command = [], environment = {}, volumes: mounts = [] }, here) {
  const places = mounts.map((mount) => {
    const [source = '', target = ''] = mount.split(':')
    if (!source.startsWith('./')) return { target, source: here.folderOf(source) }
    return { target, source: here.places?.[source] ?? serviceFile(`../../${source}`) }
  })
  const moved = (/** @type {string} */ text) => {
    const path = places.reduce((before, { target, source }) => inPlace(before, target, source), text)
    return Object.entries(here.addresses).reduce((all, [from, to]) => all.split(from).join(to), path)
  }
  return {
    words: [...entrypoint, ...command].map(moved),
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, moved(value)])),
  }
}

/**
 * A text with the path `target`, or one below it, at its beginning or behind a `=`.
 * @param {string} text
 * @param {string} target
 * @param {string} source
 */
function inPlace(text, target, source) {
  const begin = text.startsWith('/') ? 0 : text.indexOf('=') + 1
  const path = text.slice(begin)
  if (path !== target && !path.startsWith(`${target}/`)) return text
  return `${text.slice(0, begin)}${source}${path.slice(target.length)}`
}
