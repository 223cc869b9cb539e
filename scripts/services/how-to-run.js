// @ts-check
import { findJava, hasDockerEngine, hasMaven, mayInstallPackages } from './find-tools.js'

/** @typedef {'docker' | 'java'} HowToRun */

/**
 * What runs the services here: containers where a Docker engine is, else Java. Null where neither is to be had.
 * TEST_SERVICES (`docker` or `java`) decides it beforehand, also for child processes. (It is
 * no WINDROW_… variable: windrow refuses those that it does not know, and tests run it.)
 * @returns {HowToRun | null}
 */
export function howToRun() {
  const told = process.env.TEST_SERVICES
  if (told === 'docker' || told === 'java') return told
  const found = hasDockerEngine() ? 'docker' : (findJava() !== null && hasMaven()) || mayInstallPackages() ? 'java' : null
  if (found !== null) process.env.TEST_SERVICES = found
  return found
}
