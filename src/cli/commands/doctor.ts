import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, loadConfig } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { sentence } from '../../core/shown-text.ts'
import { openLmdbStore } from '../../kv/lmdb-store.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { examine } from '../doctor/examine.ts'
import { examineSources } from '../doctor/examine-sources.ts'
import type { Finding, Severity } from '../doctor/finding.ts'
import { createLogger } from '../logger.ts'
import { kindsOf, openUpstream } from '../stations/open-sources.ts'
import { type Style, styleOf } from '../style.ts'
import { renderTable } from '../table.ts'

export interface DoctorOptions {
  /** Ask no source. */
  readonly offline?: boolean
  readonly json?: boolean
}

/** One that breaks off is tried once more; who waits for the doctor does not wait for more. */
const TRIES = 2

/** `windrow doctor`: looks at everything that can keep windrow from working, changes nothing. 1 when something needs a person. */
export async function doctor(context: CliContext, options: DoctorOptions): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const logger = createLogger(config, context.stderr)
  const findings = await examine(config, logger, () => lookAtSources(context, config, options.offline === true))
  const shown = findings.map((finding) => ({ ...finding, text: config.redact(finding.text) }))
  if (options.json === true) await context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
  else await print(context, shown)
  return findings.some(({ severity }) => severity === 'problem') ? 1 : 0
}

/** Asks with the calls counted where the producers count theirs, if they have any yet. */
async function lookAtSources({ signal }: CliContext, config: Config, isOffline: boolean): Promise<readonly Finding[]> {
  if (isOffline) return examineSources(config, kindsOf(config), null)
  const path = join(config.dataDir, 'state')
  const store = existsSync(path) ? await openLmdbStore({ path }) : null
  try {
    return await examineSources(config, kindsOf(config), {
      // What a source logs about its tries is in what is found.
      openUpstream: (station) => openUpstream(station, { store, clock: systemClock, logger: silentLogger, tries: TRIES }),
      clock: systemClock,
      logger: silentLogger,
      signal,
    })
  } finally {
    await store?.close()
  }
}

async function print(context: CliContext, findings: readonly Finding[]): Promise<void> {
  const style = styleOf(context.stdout)
  const columns = [{ title: '' }, { title: 'about' }, { title: 'found' }] as const
  const rows = findings.map(({ severity, about, text, remedy }) => [
    mark(style, severity),
    about,
    remedy === null ? text : `${sentence(text)} ${remedy}`,
  ])
  await context.stdout.write(renderTable(columns, rows, context.stdout))
}

function mark(style: Style, severity: Severity): string {
  switch (severity) {
    case 'note':
      return style.good('ok')
    case 'warning':
      return style.warn('look')
    case 'problem':
      return style.bad('bad')
  }
}
