import { loadConfig } from '../../config/load-config.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { examine } from '../doctor/examine.ts'
import type { Finding, Severity } from '../doctor/finding.ts'
import { createLogger } from '../logger.ts'
import { type Style, styleOf } from '../style.ts'
import { renderTable } from '../table.ts'

/** `windrow doctor`: looks at everything that can keep windrow from working, changes nothing. 1 when something needs a person. */
export async function doctor(context: CliContext, options: { readonly json?: boolean }): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const findings = await examine(config, createLogger(config, context.stderr))
  const shown = findings.map((finding) => ({ ...finding, text: config.redact(finding.text) }))
  if (options.json === true) await context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
  else await print(context, shown)
  return findings.some(({ severity }) => severity === 'problem') ? 1 : 0
}

async function print(context: CliContext, findings: readonly Finding[]): Promise<void> {
  const style = styleOf(context.stdout)
  const columns = [{ title: '' }, { title: 'about' }, { title: 'found' }] as const
  const rows = findings.map(({ severity, about, text, remedy }) => [
    mark(style, severity),
    about,
    remedy === null ? text : `${text}. ${remedy}`,
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
