import type { Section } from '../../src/config/setting.ts'
import { allSettings } from '../../src/config/settings.ts'
import { composeVariables } from './compose-variables.ts'

const headings: Readonly<Record<Section, string>> = {
  general: 'General',
  log: 'Log',
  kafka: 'Kafka',
  engine: 'Engine',
  sinks: 'Sinks',
  postgres: 'Postgres view',
  influxdb: 'InfluxDB',
  cassandra: 'Cassandra',
  lake: 'Lake',
  server: 'Page and API',
  places: 'Places',
  sources: 'Sources',
}

const shownDefault = (fallback: unknown): string => {
  if (fallback === null || (Array.isArray(fallback) && fallback.length === 0)) return 'none'
  return `\`${String(fallback)}\``
}

function table(section: Section): string {
  const rows = allSettings
    .filter(([, setting]) => setting.section === section)
    .map(([, { variable, expects, fallback, doc, isSecret }]) => {
      const secret = isSecret ? ` Secret; also as \`${variable}_FILE\`.` : ''
      return `| \`${variable}\` | ${expects} | ${shownDefault(fallback)} | ${doc}${secret} |`
    })
  return [`## ${headings[section]}`, '', '| variable | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

/** The text of docs/configuration.md. */
export function configurationDocument(): string {
  const introduction = `# Configuration

Settings are environment variables. A file \`.env\` in the folder where windrow is started gives those that the environment
does not; an empty value counts as unset. Everything is checked at start, and all mistakes are told at once
(\`WR_CONFIG_INVALID\`); an unknown variable that begins with \`WINDROW_\` is one of them, and so is a \`KAFKA_\` one
that other clients have and windrow cannot honour ([kafka.md](kafka.md)). A secret can stand in a file of its own,
named by the variable with \`_FILE\` after it, and is never printed.

Stations, schedules and quotas stand in \`windrow.config.json\` ([producers.md](producers.md)).

This page is made from the declarations in \`src/config/settings.ts\`; \`npx vitest run test/docs -u\` writes it anew.`
  const sections = (Object.keys(headings) as Section[]).map(table)
  return `${[introduction, ...sections].join('\n\n')}\n`
}

/** The text of .env.example. */
export function exampleEnvironment(): string {
  const lines = allSettings.map(([, { variable, doc, fallback }]) => {
    const value = fallback === null || Array.isArray(fallback) ? '' : String(fallback)
    return `# ${doc}\n#${variable}=${value}\n`
  })
  const compose = Object.entries(composeVariables).map(([variable, [fallback, doc]]) => `# ${doc}\n#${variable}=${fallback}\n`)
  return `# Copy to .env and uncomment what you change. docs/configuration.md says more.\n\n${lines.join('\n')}
# docker-compose.yml alone, which takes from above what it names as \${…}: keys, places, sources, topics (docs/deployment.md).

${compose.join('\n')}`
}
