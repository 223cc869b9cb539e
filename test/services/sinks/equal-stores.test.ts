import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, type RunningStore, startStores } from '../../../scripts/services/stores.js'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import { builtInViews } from '../../../src/views/index.ts'
import { recorded, recordings } from '../../acceptance/recordings.ts'
import { type CommandLine, commandLine, TWO_DAYS } from '../command-line.ts'
import { type StoresOfLog, storesOfLog } from './stores-of-log.ts'

// Every store holds what the views' topics say, so they are equal among them; and the topics say what they say on any machine.

describe('the stores that are here, written from one log', () => {
  let running: readonly RunningStore[] = []
  let windrow: CommandLine
  let stores: StoresOfLog
  /** With the embedded Postgres alone. */
  let embedded: CommandLine

  beforeAll(async () => {
    running = await startStores()
    const environment = environmentOf(running)
    windrow = await commandLine(environment)
    embedded = await commandLine({})
    stores = storesOfLog(
      windrow.folder,
      environment,
      running.map(({ name }) => name),
    )
  })
  afterAll(async () => {
    await Promise.all(running.map(({ stop }) => stop()))
    await windrow?.remove()
    await embedded?.remove()
  })

  const both = async (...words: readonly string[]): Promise<void> => {
    await windrow.ok(...words)
    await embedded.ok(...words)
  }
  const exports = async (from: CommandLine): Promise<Record<string, string>> => {
    const found: Record<string, string> = {}
    for (const { name } of builtInViews) found[name] = await from.ok('export', name, '--format', 'csv')
    return found
  }
  const expectEqual = async (): Promise<void> => {
    const { rows, lines } = await stores.differences()
    expect(lines).toEqual([])
    expect(rows).toBeGreaterThan(100)
    expect(await exports(windrow)).toEqual(await exports(embedded))
  }

  test('equal each other, and the embedded run, over a change of the clock', async () => {
    await both(...TWO_DAYS)
    await both('run', '--until-end')
    await expectEqual()
  })

  test('are equal after revisions: of values, to nothing, of the place', async () => {
    const header =
      'station_id,timestamp,interval_minutes,city,country,time_zone,temperature,humidity,precipitation,is_rain,revised_at'
    const line = (hour: number, rest: string): string => `harbour,2025-03-30T${String(hour).padStart(2, '0')}:00:00Z,60,${rest}`
    const first = Array.from({ length: 24 }, (_, hour) => line(hour, `Genève,CH,Europe/Zurich,${hour / 3},50,0.1,false,`))
    const revised = [
      line(3, 'Genève,CH,Europe/Zurich,,,,,2025-04-01T00:00:00Z'),
      line(4, 'Genève,CH,Europe/Zurich,-7.25,50,0.1,true,2025-04-01T00:00:00Z'),
      line(5, '"Geneva, old town",CH,Europe/Zurich,1,2,3,true,2025-04-01T00:00:00Z'),
      line(6, ',,Europe/Zurich,1,2,3,true,2025-04-01T00:00:00Z'),
    ]
    for (const [name, lines] of [
      ['first.csv', first],
      ['revised.csv', revised],
    ] as const) {
      for (const { folder } of [windrow, embedded]) await writeFile(join(folder, name), `${[header, ...lines].join('\n')}\n`)
      await both('produce', '--source', 'file', '--file', name, '--format', 'canonical', '--kind', 'weather')
      await both('run', '--until-end')
      await expectEqual()
    }
  })

  test.runIf(recordings.areThere)(`are equal with ${recorded}`, async () => {
    const files = [
      ['--file', recordings.airqino, '--format', 'airqino'],
      ['--file', recordings.eco2mix, '--format', 'eco2mix'],
      [
        '--file',
        recordings.paris,
        '--format',
        'meteostat',
        '--station',
        'paris',
        '--time-zone',
        'Europe/Paris',
        '--city',
        'Paris',
      ],
    ]
    for (const file of files) await both('produce', '--source', 'file', ...file)
    await both('run', '--until-end')
    await expectEqual()
  })

  test('are known to doctor, and named by it with what helps when they are away', async () => {
    const about = async () => {
      const { code, stdout } = await windrow.run('doctor', '--json')
      const findings = JSON.parse(stdout) as Finding[]
      return { code, stdout, found: findings.filter(({ about: name }) => stores.names.some((store) => store === name)) }
    }
    const well = await about()
    for (const name of stores.names) {
      const text = expect.stringContaining('has all rows of its views')
      expect(well.found).toContainEqual({ about: name, severity: 'note', text, remedy: null })
    }
    await Promise.all(running.map((store) => store.kill()))
    try {
      const { code, found, stdout } = await about()
      expect(code).toBe(1)
      for (const name of stores.names) {
        const finding = found.find((each) => each.about === name && each.severity === 'problem')
        expect(finding).toMatchObject({ text: expect.stringMatching(/^WR_[A-Z_]+: /), remedy: expect.stringMatching(/./) })
      }
      for (const { environment } of running) {
        if (environment.INFLUX_TOKEN !== undefined) expect(stdout).not.toContain(environment.INFLUX_TOKEN)
      }
    } finally {
      await Promise.all(running.map((store) => store.start()))
    }
  })

  test('are written by processes of their own, beside each other', async () => {
    await both('produce', '--source', 'simulator', '--from', '2025-04-01', '--to', '2025-04-02', '--seed', '5')
    await embedded.ok('run', '--until-end')
    const processes = [
      windrow.start('run', '--sinks', 'none', '--until-end'),
      ...running.map(({ name }) => windrow.start('run', '--sinks', name, '--no-topologies')),
    ]
    const [topologies, ...sinks] = processes
    expect(await topologies?.ended).toMatchObject({ code: 0 })
    await stores.untilCaughtUp(stores.names)
    for (const sink of sinks) expect(await sink.stop()).toMatchObject({ code: 0 })
    await expectEqual()
  })
})
