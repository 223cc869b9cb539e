import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** The folder of what Prometheus reads. */
export const prometheusFolder = join(import.meta.dirname, '../../prometheus')

export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Alert extends Rule {
  readonly alert: string
}

interface RuleFile {
  readonly groups: ReadonlyArray<{ readonly name: string; readonly rules: readonly Rule[] }>
}

export interface PromtoolTest {
  readonly name: string
  readonly promql_expr_test?: ReadonlyArray<{
    readonly expr: string
    readonly eval_time: string
    readonly exp_samples: ReadonlyArray<{ readonly labels: string }>
  }>
}

/** Every YAML file of a folder, parsed; it throws where one is no YAML. */
function yamlFiles<T>(folder: string): T[] {
  const names = readdirSync(join(prometheusFolder, folder)).sort()
  return names.map((name) => parse(readFileSync(join(prometheusFolder, folder, name), 'utf8')) as T)
}

export const groups = yamlFiles<RuleFile>('rules').flatMap((file) => file.groups)
export const rules: readonly Rule[] = groups.flatMap((group) => group.rules)
export const alerts: readonly Alert[] = rules.filter((rule): rule is Alert => rule.alert !== undefined)
export const promtoolTests: readonly PromtoolTest[] = yamlFiles<{ readonly tests: readonly PromtoolTest[] }>('tests').flatMap(
  (file) => file.tests,
)
