import { readFileSync } from 'node:fs'

let remedies: ReadonlyMap<string, string> | null = null

/** The remedies that docs/errors.md gives, by code: it comes with the package. */
function readRemedies(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const found = new Map<string, string>()
  for (const section of text.split(/^## /m).slice(1)) {
    const code = section.slice(0, section.indexOf('\n')).trim()
    const remedy = /^Remedy: ([\s\S]*?)(?:\n\n|$)/m.exec(section)?.[1]
    if (remedy !== undefined) found.set(code, remedy.replace(/\s+/g, ' ').trim())
  }
  return found
}

/** What to do about a dead letter of this code. */
export function remedyOf(code: string): string {
  if (code === 'TOO_LATE') {
    return 'Raise or unset WINDROW_ALLOWED_LATENESS_… for this kind of reading, restart, then retry the dead letter.'
  }
  remedies ??= readRemedies()
  return remedies.get(code) ?? 'docs/errors.md explains the codes of this version.'
}
