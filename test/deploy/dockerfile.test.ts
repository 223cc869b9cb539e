import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const lines = (path: string): readonly string[] => readFileSync(join(root, path), 'utf8').split('\n')
const dockerfile = lines('Dockerfile')

/** What is copied from the tree, without a wildcard's rest. */
const copied = dockerfile
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(' ').slice(1, -1))

test('every stage begins with one exact version of Node.js', () => {
  expect(dockerfile.filter((line) => line.startsWith('ARG '))).toEqual([
    expect.stringMatching(/^ARG NODE=20\.\d+\.\d+-bookworm-slim$/),
  ])
  for (const line of dockerfile.filter((each) => each.startsWith('FROM ')))
    expect(line).toMatch(/^FROM node:\$\{NODE\}( AS \w+)?$/)
})

test('what it copies is there, and .dockerignore lets it through and nothing else', () => {
  for (const path of copied) expect([path, existsSync(join(root, path.replace('*.js', '')))]).toEqual([path, true])
  const [first, ...allowed] = lines('.dockerignore').filter((line) => line !== '' && !line.startsWith('#'))
  expect(first).toBe('*')
  expect(allowed.sort()).toEqual(copied.map((path) => `!${path}`).sort())
})

test('it ends as a user without rights, with the command line as what is run', () => {
  const last = dockerfile.slice(dockerfile.findLastIndex((line) => line.startsWith('FROM ')))
  expect(last).toContain('USER windrow')
  expect(last.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true)
  expect(last).toContain('ENTRYPOINT ["windrow"]')
})
