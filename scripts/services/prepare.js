// @ts-check
import { findJava, hasKcat, hasMaven, mayInstallPackages } from './find-tools.js'
import { howToRun } from './how-to-run.js'
import { installPackages } from './install-packages.js'
import { installKafka } from './java-kafka.js'
import { installRegistry } from './java-registry.js'

/**
 * Sees to it that everything the services need is on this machine: resolves to what runs them, or to null where neither a Docker
 * engine nor Java and Maven are to be had. Rejects when something could be installed and was not.
 * @returns {Promise<import('./how-to-run.js').HowToRun | null>}
 */
export async function prepareServices() {
  const how = howToRun()
  if (how === null) return null
  if (mayInstallPackages()) {
    const missing = [
      ...(how === 'java' && findJava() === null ? ['default-jre-headless'] : []),
      ...(how === 'java' && !hasMaven() ? ['maven'] : []),
      ...(hasKcat() ? [] : ['kcat']),
    ]
    if (missing.length > 0) installPackages(missing)
  }
  if (how === 'java') {
    if (findJava() === null) throw new Error('The services need Java 17 or newer, and this system has only an older one')
    // One after the other: two Mavens are no faster, and take twice the memory.
    await installKafka()
    await installRegistry()
  }
  return how
}
