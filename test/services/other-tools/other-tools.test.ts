import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonWith } from '../../../scripts/services/python-environments.js'
import { type CommandLine, commandLine } from '../command-line.ts'

const python = await pythonWith('notebook')
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const notebook = file('../../../examples/notebook/windrow.ipynb')
const document = await readFile(file('../../../docs/other-tools.md'), 'utf8')

let windrow: CommandLine
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windrow-other-tools-'))
  windrow = await commandLine({})
  await windrow.ok('produce', '--source', 'simulator', '--days', '40')
  await windrow.ok('run', '--sinks', 'postgres', '--until-end')
})
afterAll(async () => {
  await windrow.remove()
  await rm(folder, { recursive: true, force: true })
})

describe('docs/other-tools.md', () => {
  const statements = [...document.matchAll(/```sql\n-- ([^\n]*)\n([\s\S]*?)```/g)].map(([, title, sql]) => [title, sql])
  test.each(statements)('%s', async (_, sql) => {
    const rows = await windrow.json<ReadonlyArray<Readonly<Record<string, unknown>>>>('sql', sql as string, '--format', 'json')
    expect(rows.length).toBeGreaterThan(1)
    for (const column of Object.keys(rows[0] as object)) expect(rows.some((row) => row[column] !== null)).toBe(true)
  })

  test('has some statements', () => expect(statements.length).toBeGreaterThan(3))
})

describe.runIf(python !== null)('examples/notebook (skipped where its packages could not be installed)', () => {
  test('computes energy from the exported quarters of an hour as the view has it, and draws what it says', async () => {
    const text = await readFile(notebook, 'utf8')
    const loop = /for view in [\w ]+; do[^"]*"/
    expect(document).toContain(loop.exec(text)?.[0]?.split('\\n')[0])
    const views = /for view in ([\w ]+); do/.exec(text)?.[1]?.split(' ') ?? []
    expect(views.length).toBeGreaterThan(3)
    for (const view of views) {
      await windrow.ok('export', view, '--format', 'parquet', '--output', join(folder, `${view}.parquet`))
    }
    const environment = { ...process.env, WINDROW_EXPORTS: folder, FIGURES: folder, MPLCONFIGDIR: folder }
    const args = ['-W', 'error', file('run-cells.py'), notebook]
    const { stdout } = await promisify(execFile)(python as string, args, { env: environment })
    expect(stdout).toMatch(/^\d+ whole days, largest difference 0\.\d+ MWh$/m)
    const figures = (await readdir(folder)).filter((name) => name.endsWith('.png'))
    expect(figures).toHaveLength(3)
    for (const figure of figures) expect((await stat(join(folder, figure))).size).toBeGreaterThan(5_000)
  })
})
