import type { TestProject } from 'vitest/node'
import { startKafka } from '../../../scripts/services/kafka.js'
import { prepareServices } from '../../../scripts/services/prepare.js'
import { startRegistry } from '../../../scripts/services/registry.js'

/** What every services test may use and none may end: a test of faults starts servers of its own. */
export interface Services {
  /** As KAFKA_BROKERS: one broker that several tests share, so topics and groups want names of their own. */
  readonly kafkaBrokers: string
  /** As SCHEMA_REGISTRY_URL. */
  readonly schemaRegistryUrl: string
}

declare module 'vitest' {
  interface ProvidedContext {
    services: Services
  }
}

const started: { stop(): Promise<void> }[] = []

/** Before any test. What starts is ended by `teardown`, and by the end of this process if that never comes. */
export async function setup(project: TestProject): Promise<void> {
  if ((await prepareServices()) === null) throw new Error('Neither a Docker engine nor Java 17 with Maven is here')
  const starting = [keep(startKafka()), keep(startRegistry())] as const
  try {
    const [kafka, registry] = await Promise.all(starting)
    project.provide('services', { kafkaBrokers: kafka.brokers, schemaRegistryUrl: registry.url })
  } catch (error) {
    await Promise.allSettled(starting)
    await teardown()
    throw error
  }
}

export async function teardown(): Promise<void> {
  await Promise.all(started.splice(0).map((service) => service.stop()))
}

async function keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const service = await starting
  started.push(service)
  return service
}
