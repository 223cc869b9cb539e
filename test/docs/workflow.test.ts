import { accessSync, constants, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Step {
  readonly uses?: string
  readonly run?: string
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, { readonly 'timeout-minutes': number; readonly steps: readonly Step[] }>>
}

describe('.github/workflows/ci.yml', () => {
  const { permissions, jobs } = parse(readFileSync(`${root}.github/workflows/ci.yml`, 'utf8')) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps)

  test('runs .ci/run, which may be executed', () => {
    expect(steps.some(({ run = '' }) => / \.ci\/run$/.test(run))).toBe(true)
    accessSync(`${root}.ci/run`, constants.X_OK)
  })

  test('has an end to every job, may only read, and takes actions of a fixed version', () => {
    expect(permissions).toEqual({ contents: 'read' })
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0)
    const actions = steps.flatMap(({ uses }) => uses ?? [])
    expect(actions.length).toBeGreaterThan(0)
    for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@v\d/)
  })
})

describe('CONTRIBUTING.md', () => {
  const text = readFileSync(`${root}CONTRIBUTING.md`, 'utf8')

  test('names folders and files that exist', () => {
    const named = [...text.matchAll(/`((?:src|test|docs|scripts|examples|grafana-provisioning|prometheus)(?:\/[\w./-]+)?)`/g)]
    const paths = named.map(([, path]) => path as string).filter((path) => !path.includes('….'))
    expect(paths.length).toBeGreaterThan(12)
    const missing = paths.filter((path) => {
      try {
        accessSync(root + path)
        return false
      } catch {
        return true
      }
    })
    expect(missing).toEqual([])
  })
})
