import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { debianProgram } from '../../../scripts/services/debian-programs.js'
import { prometheusFolder } from '../../prometheus/rule-files.ts'

const promtool = debianProgram('promtool')
const amtool = debianProgram('amtool')
const filesOf = (folder: string): string[] => readdirSync(join(prometheusFolder, folder)).map((name) => `${folder}/${name}`)

test.runIf(promtool !== null)('promtool takes the configuration and the rules', () => {
  const run = (...args: readonly string[]): string =>
    execFileSync(promtool as string, args, { cwd: prometheusFolder, encoding: 'utf8' })
  expect(run('check', 'config', '--lint-fatal', 'prometheus.yml')).toContain('is valid prometheus config file syntax')
  expect(run('check', 'rules', '--lint-fatal', ...filesOf('rules'))).not.toContain('FAILED')
})

test.runIf(promtool !== null)('promtool sees every alert fire and end, and keep quiet where it has to', () => {
  const { status, stdout, stderr } = spawnSync(promtool as string, ['test', 'rules', ...filesOf('tests')], {
    cwd: prometheusFolder,
    encoding: 'utf8',
  })
  expect([status, stdout.includes('FAILED') ? stdout : stderr]).toEqual([0, ''])
})

test.runIf(amtool !== null)('Alertmanager takes the example', () => {
  const said = execFileSync(amtool as string, ['check-config', join(prometheusFolder, 'alertmanager.example.yml')], {
    encoding: 'utf8',
  })
  expect(said).toContain('SUCCESS')
})
