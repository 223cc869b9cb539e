import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** The files of the page lie next to the code, in the sources and in what is built. */
const pageFolder = fileURLToPath(new URL('../page/', import.meta.url))
const chartFolder = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist')

/** The built-in page at `/`, and the chart library that it uses at `/assets/uplot/`. A browser asks each time whether a file has changed. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const shared = {
    wildcard: false,
    schemaHide: true,
    cacheControl: false,
    setHeaders: (response: { setHeader(name: string, value: string): unknown }): void => {
      response.setHeader('cache-control', 'no-cache')
    },
  } as const
  await app.register(fastifyStatic, { ...shared, root: pageFolder, prefix: '/' })
  await app.register(fastifyStatic, { ...shared, root: chartFolder, prefix: '/assets/uplot/', decorateReply: false })
}
