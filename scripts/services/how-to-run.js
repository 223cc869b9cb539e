// @ts-check
import { findJava, hasDockerEngine, hasMaven, mayInstallPackages } from './find-tools.js'

/** @typedef {'docker' | 'java'} HowToRun */

/**
 * What runs the services here: containers where a Docker engine is, else Java. Null where neither is to be had.
 * WINDROW_SERVICES (`docker` or `java`) decides it beforehand, also for child processes.
 * @returns {HowToRun | null}
 */
export function howToRun() {
  const told = process.env.WINDROW_SERVICES
  if (told === 'docker' || told === 'java') return told
  const found = hasDockerEngine() ? 'docker' : (findJava() !== null && hasMaven()) || mayInstallPackages() ? 'java' : null
  if (found !== null) process.env.WINDROW_SERVICES = found
  return found
}
