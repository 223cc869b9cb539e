import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { examineSources } from '../../../src/cli/doctor/examine-sources.ts'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { WindrowError } from '../../../src/core/errors.ts'
import type { SourceItem } from '../../../src/producers/source.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { airItem, badItem, HOUR, START } from '../../producers/list-source.ts'
import { keepingLogger } from '../../producers/quiet-logger.ts'
import { answerOf } from '../../producers/upstreams/scripted-upstream.ts'
import { fakeKinds, kindsThatOpen } from '../stations/fake-kinds.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-sources-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const NOW = START + 10 * HOUR
const owm = { METEO_API_KEY: 'k1-secret' }
const through: SourceItem = { kind: 'through', at: NOW }
const hourOf = (hour: number) => airItem({ station: 'a', hour, value: 1 })

interface Asked {
  readonly closed: number
  readonly findings: readonly Finding[]
  readonly lines: readonly string[]
}

/** Asks sources that say the items; an error among them is thrown there, and `hang` is never answered. */
async function asked(
  environment: Readonly<Record<string, string>>,
  items: ReadonlyArray<SourceItem | Error | 'hang'>,
  quota: { readonly left: number; readonly of: number } | null = null,
  date: number | null = null,
): Promise<Asked> {
  const clock = manualClock(NOW)
  let closed = 0
  const kinds = kindsThatOpen(({ station, upstream }) => ({
    name: 'fake',
    station: station.id,
    events: [],
    async *poll({ signal }) {
      await upstream.ask({ path: '/' }, signal)
      for (const item of items) {
        if (item instanceof Error) throw item
        if (item === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        else yield item
      }
    },
  }))
  const looking = examineSources(loadConfig(environment, folder), kinds, {
    openUpstream: () => ({
      ask: async () => answerOf({}, date),
      close: async () => {
        closed += 1
      },
    }),
    clock,
    logger: keepingLogger(),
    signal: new AbortController().signal,
    quotaLeft: () => quota,
  })
  if (items.includes('hang')) {
    await clock.whenSleeping()
    await clock.advance(20_000)
  }
  const findings = await looking
  const lines = findings.map(({ severity, about, text }) => `${severity} ${about}: ${text}`)
  return { closed, findings, lines }
}

const failing = (code: `WR_${string}`, facts: object = {}, cause?: unknown) =>
  new WindrowError(code, { message: 'it failed', remedy: 'Mend it.', facts: { ...facts }, cause })

describe('doctor asks each source once', () => {
  test('and says that it works, with the latest reading and how old it is', async () => {
    const { lines, closed } = await asked(owm, [hourOf(8), hourOf(9), through, new Error('it was asked for more')])
    expect(lines).toEqual([
      'note openweathermap: station_Paris_FR: polled every 87 seconds',
      expect.stringMatching('note sources: OPENWEATHERMAP: 1 station polled every 87 seconds, as often as its quota'),
      'note openweathermap: works (0 ms): the latest reading of station_Paris_FR begins 2025-01-01T09:00:00Z, 1 hour ago',
    ])
    expect(closed).toBe(1)
  })

  test('also where a source has several stations', async () => {
    const { lines } = await asked({ WINDROW_SOURCES: 'airqino' }, [hourOf(9), through])
    expect(lines.at(-1)).toMatch(/283181971 begins .*1 more of its stations were not asked$/)
  })

  test('and says what is not right: an old reading, none, a clock, bad elements, a quota', async () => {
    expect((await asked(owm, [hourOf(-40)])).lines.at(-1)).toMatch(/^warning .*2 days ago$/)
    // What OpenWeatherMap says is of now; an hour is hours late at times.
    expect((await asked(owm, [hourOf(7)])).lines.at(-1)).toMatch(/^warning .*3 hours ago$/)
    expect((await asked({ WINDROW_SOURCES: 'open-meteo' }, [hourOf(7)])).lines.at(-1)).toMatch(/^note .*3 hours ago$/)
    expect((await asked(owm, [])).lines.at(-1)).toMatch(/^warning .*no reading of station_Paris_FR$/)
    expect((await asked(owm, [hourOf(14)])).lines.at(-1)).toMatch(/^problem .*4 hours from now: this machine's clock is wrong$/)
    expect((await asked(owm, [hourOf(9), badItem('x')])).lines.at(-1)).toMatch(/^warning .*1 of what it says/)
    expect((await asked(owm, [hourOf(9)], { left: 3, of: 60 })).lines.at(-1)).toMatch(/^warning .*3 of 60 calls are left/)
  })

  test("and says that this machine's clock is wrong, by what the answer shows", async () => {
    const clockLines = async (date: number, items: ReadonlyArray<SourceItem | Error> = [hourOf(9)]) =>
      (await asked(owm, items, null, date)).lines.filter((line) => line.includes('clock'))
    const line = (words: string) => [`problem openweathermap: this machine's clock is ${words} that of the service`]
    expect(await clockLines(NOW - 3 * HOUR)).toEqual(line('3 hours ahead of'))
    expect(await clockLines(NOW + 200_000)).toEqual(line('3 minutes behind'))
    expect(await clockLines(NOW - HOUR, [failing('WR_UPSTREAM_ANSWER')])).toEqual(line('1 hour ahead of'))
    expect(await clockLines(NOW - 120_000)).toEqual([])
    expect(await clockLines(NOW + 120_000)).toEqual([])
  })

  test.each([
    ['WR_UPSTREAM_REFUSED', { status: 401 }, null, 'problem', /the key is refused \(401\), or not active yet/, /two hours/],
    ['WR_UPSTREAM_UNREACHABLE', {}, 'ENOTFOUND', 'problem', /the name openweathermap.test is not known here/, /DNS/],
    ['WR_UPSTREAM_UNREACHABLE', {}, 'ECONNREFUSED', 'problem', /nothing listens at openweathermap.test/, /HTTPS_PROXY/],
    ['WR_UPSTREAM_UNREACHABLE', {}, 'SELF_SIGNED_CERT_IN_CHAIN', 'problem', /TLS failed/, /NODE_EXTRA_CA_CERTS/],
    ['WR_UPSTREAM_UNREACHABLE', {}, 'CERT_NOT_YET_VALID', 'problem', /the time that the clock shows/, /clock first/],
    ['WR_UPSTREAM_BUSY', { status: 429 }, null, 'warning', /more calls than it allows/, /Mend it/],
    ['WR_UPSTREAM_BUSY', { status: 503 }, null, 'warning', /trouble of its own/, /Mend it/],
    ['WR_UPSTREAM_ANSWER', {}, null, 'problem', /WR_UPSTREAM_ANSWER: it failed/, /Mend it/],
  ] as const)('and says of %s (%j, %s) what it is', async (code, facts, cause, severity, text, remedy) => {
    const inner = cause === null ? undefined : new Error('outer', { cause: Object.assign(new Error('inner'), { code: cause }) })
    const { findings, closed } = await asked(owm, [failing(code, facts, inner)])
    expect(findings.at(-1)).toMatchObject({ severity, text: expect.stringMatching(text), remedy: expect.stringMatching(remedy) })
    expect(JSON.stringify(findings)).not.toContain('k1-secret')
    expect(closed).toBe(1)
  })

  test('and does not wait for ever', async () => {
    const { lines, closed } = await asked(owm, ['hang'])
    expect(lines.at(-1)).toBe(
      'problem openweathermap: openweathermap.test has not said all about station_Paris_FR within 20 seconds',
    )
    expect(closed).toBe(1)
  })

  test('and a source without its key holds back no other', async () => {
    const { lines } = await asked({ WINDROW_SOURCES: 'visual-crossing,open-meteo' }, [hourOf(9)])
    expect(lines[0]).toMatch('problem visual-crossing: WR_SOURCE_KEY')
    expect(lines.at(-1)).toMatch('note open-meteo: works')
  })

  test('but none with --offline, and nothing where nothing is configured', async () => {
    const lines = async (environment: Readonly<Record<string, string>>) =>
      (await examineSources(loadConfig(environment, folder), fakeKinds, null)).map(({ text }) => text)
    expect(await lines({ WINDROW_SOURCES: 'open-meteo' })).toEqual(['station_Paris_FR: polled every minute'])
    expect(await lines({})).toEqual([expect.stringMatching('windrow setup')])
  })
})
