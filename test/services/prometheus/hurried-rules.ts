import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { prometheusFolder } from '../../prometheus/rule-files.ts'

interface HurriedFile {
  readonly groups: Array<{ interval?: string; readonly rules: Array<{ for?: string }> }>
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Our rules with a second for each minute that an alert waits, in a folder. What they ask for is untouched. Returns their paths. */
export function hurriedRules(folder: string): string[] {
  return readdirSync(join(prometheusFolder, 'rules')).map((name) => {
    const file = parse(readFileSync(join(prometheusFolder, 'rules', name), 'utf8')) as HurriedFile
    for (const group of file.groups) {
      delete group.interval
      for (const rule of group.rules) if (rule.for !== undefined) rule.for = hurried(rule.for)
    }
    const path = join(folder, name)
    writeFileSync(path, stringify(file))
    return path
  })
}

function hurried(duration: string): string {
  const [, count, unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? []
  const seconds = SECONDS[unit]
  if (seconds === undefined) throw new Error(`No duration: ${duration}`)
  return `${Math.ceil((Number(count) * seconds) / 60)}s`
}
