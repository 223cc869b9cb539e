import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

const DESCRIPTION = `Read the views of windrow: tables that are pure functions of the log of readings.

Names are snake_case, instants ISO 8601 in UTC, days and months of the local calendar. An error is \`{code, message, remedy}\`.
What changes something is a \`POST\` with \`Authorization: Bearer $WINDROW_API_TOKEN\`.`

/** Has to be registered before the routes that it describes. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'windrow', version, description: DESCRIPTION, license: { name: 'MIT' } },
      tags: [
        { name: 'Views', description: 'Rows, changes, and where they come from.' },
        { name: 'Health', description: 'The state of the pipeline.' },
        { name: 'Dead letters', description: 'What could not be used.' },
        { name: 'Replays', description: 'Views that are built anew from the log.' },
        { name: 'Schema registry', description: "The part of Confluent's schema registry API that readers of records use." },
      ],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json.$id === 'string' ? json.$id : `schema-${index}`),
    },
  })
}

/** `/docs` for people, `/openapi.json` for programs. Nothing in it comes from another host. */
export async function documentRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'windrow API' },
    uiConfig: { docExpansion: 'list', defaultModelsExpandDepth: -1 },
    staticCSP: {
      'default-src': "'self'",
      'img-src': ["'self'", 'data:'],
      'style-src': ["'self'", "'unsafe-inline'"],
      'object-src': "'none'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    },
  })
}
