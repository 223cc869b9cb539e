import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/api/listen.ts'
import type { ApiPorts, ReplayInfo, SourceHealth } from '../../src/api/ports.ts'
import { WindrowError } from '../../src/core/errors.ts'
import { fakePorts } from './fake-ports.ts'
import { findChromium, launchChromium } from './find-chromium.ts'
import { NOW, openServer, startServer } from './start-server.ts'

const chromium = findChromium()
const title = chromium === null ? 'the page (skipped: no Chromium found; set WINDROW_CHROMIUM to one)' : 'the page'
const HOUR = 3_600_000
const TOKEN = 's3cret'

interface Visit {
  readonly page: Page
  readonly url: string
  /** What the browser complained about, and requests to elsewhere. */
  readonly complaints: string[]
}

describe.runIf(chromium !== null)(title, () => {
  let browser: Browser
  /** A wide and light window, for most tests. */
  let desk: BrowserContext
  beforeAll(async () => {
    browser = await launchChromium(chromium!)
    desk = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  }, 60_000)
  afterAll(() => browser?.close())

  let shared: { readonly app: FastifyInstance; readonly url: string } | null = null
  afterAll(() => shared?.app.close())

  /** One server for the tests that change nothing. */
  async function sharedUrl(): Promise<string> {
    if (shared === null) {
      const { app } = openServer()
      shared = { app, url: (await listen(app, { host: '127.0.0.1', port: 0 })).url }
    }
    return shared.url
  }
  async function ownUrl(ports: ApiPorts): Promise<string> {
    return (await listen(startServer({ token: TOKEN }, ports).app, { host: '127.0.0.1', port: 0 })).url
  }
  async function visit(
    path: string,
    options: BrowserContextOptions | null = null,
    ports: ApiPorts | null = null,
  ): Promise<Visit> {
    const url = await (ports === null ? sharedUrl() : ownUrl(ports))
    const context = options === null ? desk : await browser.newContext(options)
    const page = await context.newPage()
    onTestFinished(() => (options === null ? page.close() : context.close()))
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => new URL(request.url()).origin !== url && complaints.push(`asks ${request.url()}`))
    await page.goto(url + path)
    return { page, url, complaints }
  }
  const rows = (page: Page) => page.locator('.rows tbody tr')
  const chart = (page: Page, id: string) => page.locator(`[data-chart="${id}"]`)

  test('shows weather at once: charts, the rows behind them, and that all is fresh', async () => {
    const { page, complaints } = await visit('/')
    await rows(page).first().waitFor()
    expect(await page.locator('.chart canvas').count()).toBe(6)
    expect(await page.locator('#status').textContent()).toContain('Fresh')
    expect(await rows(page).first().locator('th').textContent()).toBe('2026-04-01 10:00')
    expect(await chart(page, 'temperature').locator('.legend').textContent()).toMatch(/Mean\s*13\.6 °C/)
    expect(complaints).toEqual([])
  })

  test('takes up new readings by itself, without drawing anew what stands', async () => {
    const ports = fakePorts({ now: NOW, from: NOW - 3 * 24 * HOUR })
    const { page } = await visit('/?tab=energy', null, ports)
    await rows(page).first().waitFor()
    await page.locator('.freshness.is-live').waitFor()
    await page.evaluate("document.querySelector('[data-chart=power] canvas').dataset.mark = 'same'")
    ports.advance(NOW + HOUR)
    await rows(page).first().locator('th', { hasText: '2026-04-01 12:00' }).waitFor()
    expect(await page.locator('[data-chart=power] canvas[data-mark=same]').count()).toBe(1)
    expect(await chart(page, 'power').locator('.legend-time').textContent()).toContain('12:00–12:15')
  })

  test('keeps what is shown in the address, so that a link and Back bring it back', async () => {
    const { page, url } = await visit('/?tab=air')
    await rows(page).first().waitFor()
    await page.getByLabel('City').selectOption('Firenze')
    await page.getByRole('radio', { name: '24 h' }).check()
    expect(page.url()).toBe(`${url}/?tab=air&city=Firenze&range=24h`)
    await expect.poll(() => rows(page).count()).toBe(24)
    await page.reload()
    await expect.poll(() => page.getByLabel('Station').inputValue()).toBe('283181971')
    await page.goBack()
    await expect.poll(() => page.url()).toBe(`${url}/?tab=air&city=Firenze`)
  })

  test('says that a station of the address is not there, and which is shown', async () => {
    const { page } = await visit('/?tab=air&station=nowhere')
    await rows(page).first().waitFor()
    expect(await page.locator('.notice').textContent()).toMatch(/^There is no air-quality station called nowhere; this is /)
    await page.getByLabel('City').selectOption('Firenze')
    await expect.poll(() => page.locator('.notice').isVisible()).toBe(false)
  })

  test('explains a row: its window, its readings and what became of each', async () => {
    const { page, url } = await visit('/?tab=air')
    await rows(page).nth(1).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('tbody tr').first().waitFor()
    expect(page.url()).toContain('why=')
    const text = await dialog.textContent()
    expect(text).toContain('Tue 31 Mar 2026 (Europe/Paris)')
    expect(text).toContain('24 of 24, 100 % covered')
    expect(await dialog.locator('.fate-superseded').count()).toBe(1)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.url()).toBe(`${url}/?tab=air`)
    expect(await dialog.isVisible()).toBe(false)
  })

  test('says what an open window waits for', async () => {
    const { page } = await visit('/?tab=energy&why=["daily_energy_summary","FR","2026-04-01"]')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Waits for').waitFor()
    expect(await dialog.textContent()).toContain('45 of 96, 47 % covered')
  })

  test('zooms by dragging: the rows and the download follow, and the whole range comes back', async () => {
    const { page } = await visit('/?tab=weather')
    await rows(page).first().waitFor()
    const box = (await chart(page, 'temperature').locator('.u-over').boundingBox())!
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.4, box.y + 60, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => page.locator('.pager').textContent()).toMatch(/1–2\d of 2\d rows/)
    const shown = Number(/of (\d+) rows/.exec((await page.locator('.pager').textContent()) ?? '')?.[1])
    const href = await page.getByText('Download CSV').getAttribute('href')
    const csv: string = await page.evaluate(`fetch(${JSON.stringify(href)}).then((response) => response.text())`)
    expect(csv.trim().split('\n')).toHaveLength(shown + 1)
    await page.getByText('Show the whole range').click()
    await expect.poll(() => page.locator('.pager').textContent()).toContain('of 168 rows')
  })

  test('a chart can be read by keyboard', async () => {
    const { page } = await visit('/?tab=air&range=7d')
    await rows(page).first().waitFor()
    const plot = chart(page, 'pm25-days').locator('.plot')
    expect(await plot.getAttribute('aria-label')).toContain('PM2.5, daily mean, chart from Thu 26 Mar 2026 to Wed 1 Apr 2026')
    await plot.focus()
    await page.keyboard.press('Home')
    await expect.poll(() => chart(page, 'pm25-days').locator('.legend-time').textContent()).toBe('Thu 26 Mar 2026')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => plot.getAttribute('aria-label')).toContain('Fri 27 Mar 2026')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('2026-03-27', { exact: false }).first().waitFor()
  })

  test('compares stations in one chart and a table, live, and the address brings it back', async () => {
    const ports = fakePorts({ now: NOW, from: NOW - 3 * 24 * HOUR })
    const { page, complaints } = await visit('/?tab=compare&stations=paris&quantity=wind', null, ports)
    const line = (name: string) => page.locator('.block tbody tr', { hasText: name })
    await line('paris').waitFor()
    expect(await page.locator('.freshness').textContent()).toContain('Times of Europe/Paris')
    await page.getByLabel('Quantity').selectOption('Humidity')
    await page.locator('.picker summary').click()
    expect(await page.getByRole('checkbox', { name: 'paris' }).isDisabled()).toBe(true)
    await page.getByRole('checkbox', { name: 'madrid' }).check()
    await line('madrid').waitFor()
    await page.keyboard.press('Escape')
    expect(new URL(page.url()).search).toBe('?tab=compare&stations=paris&stations=madrid&quantity=humidity')
    expect(await page.locator('.freshness').textContent()).toContain('the zone of paris, for all of them')
    const legend = chart(page, 'compare').locator('.legend')
    await expect.poll(() => legend.textContent()).toMatch(/paris\d+ %madrid\d+ %/)
    await legend.getByRole('button', { name: 'madrid' }).click()
    expect(await legend.getByRole('button', { name: 'madrid' }).getAttribute('aria-pressed')).toBe('true')
    await page.locator('.freshness.is-live').waitFor()
    await line('madrid').getByRole('link').focus()
    ports.advance(NOW + HOUR)
    await expect.poll(() => chart(page, 'compare').locator('.legend-time').textContent()).toContain('11:00–12:00')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('madrid')
    await page.keyboard.press('Enter')
    await rows(page).first().waitFor()
    expect(new URL(page.url()).search).toBe('?station=madrid')
    await page.goBack()
    await line('madrid').waitFor()
    expect(complaints).toEqual([])
  })

  test('shows a score a station and day, in colours and words, and why', async () => {
    const { page, complaints, url } = await visit('/?tab=quality&kind=weather&range=30d')
    await page.locator('.scores tbody tr').first().waitFor()
    expect(await page.locator('.scores thead th').count()).toBe(31)
    const madrid = page.locator('.scores tbody tr', { hasText: 'madrid' })
    expect(await madrid.locator('td').last().getAttribute('class')).toBe('score score-good open')
    const bad = page.locator('td.score-poor a, td.score-fair a').first()
    expect(await bad.getAttribute('aria-label')).toMatch(/: \d\d of 100, (poor|fair)$/)
    const worst = page.getByRole('region', { name: 'Last finished day of every series' }).locator('tbody tr').first()
    expect(await worst.textContent()).toMatch(/good|fair|poor/)
    await bad.click()
    await expect.poll(() => page.locator('#why-subtitle').textContent()).toMatch(/^data_quality · weather · /)
    expect(page.url()).toContain(`${url}/?tab=quality&kind=weather&range=30d&why=`)
    expect(complaints).toEqual([])
  })

  test('any view is a table, page by page, with what its columns mean', async () => {
    const { page, url } = await visit('/?tab=views')
    await rows(page).first().waitFor()
    await page.getByLabel('View').selectOption('air_hourly')
    await page.getByText('Rows 1–50').waitFor()
    const first = await rows(page).first().textContent()
    await page.getByText('Older').click()
    await page.getByText('Rows 51–100').waitFor()
    expect(await rows(page).first().textContent()).not.toBe(first)
    await page.getByText('Newer').click()
    await expect.poll(() => rows(page).first().textContent()).toBe(first)
    await page.getByText(/What the \d+ columns mean/).click()
    await page.getByText('Mean carbon monoxide.').waitFor()
    expect(page.url()).toBe(`${url}/?tab=views&view=air_hourly`)
  })

  test('the pipeline shows a ledger that adds up, every part, and dead letters with their remedy', async () => {
    const { page } = await visit('/?tab=pipeline')
    await page.getByText('adds up').first().waitFor()
    expect(await page.getByText('adds up').count()).toBe(3)
    expect(await page.getByRole('region', { name: 'Readings a minute' }).locator('tbody tr').count()).toBe(3)
    await page.getByText('Set the clock of the sensor, then publish the reading again.').waitFor()
    expect(await page.locator('main').textContent()).toContain('WR_READING_FUTURE')
  })

  test('the pipeline says what is wrong with a source, and shows its state first, whole in a wide window', async () => {
    const ports = fakePorts({ now: NOW, from: NOW - 2 * 24 * HOUR })
    const [base] = (await ports.health()).sources
    const refused = {
      code: 'WR_UPSTREAM_REFUSED',
      message: `It has refused /data?${'lat=48.85&'.repeat(9)}`,
      remedy: 'Check it.',
      since: NOW,
    }
    const of = (name: string, station: string, change: Partial<SourceHealth>): SourceHealth => ({
      ...{ ...base!, source: `${name} ${station}`, name, station, stations: 1, ...change },
    })
    const sources = [
      of('openweathermap', 'station_Paris_FR', { state: 'waiting', lastSuccessAt: null, lastEventAt: null, problem: refused }),
      of('visual-crossing', 'station_Paris_FR_visual-crossing', { staleAfterMs: HOUR, lastEventAt: NOW - 5 * HOUR }),
    ]
    const health = async () => ({ ...(await ports.health()), sources })
    for (const [width, columns] of [
      [1280, 7],
      [360, 3],
    ] as const) {
      const { page } = await visit('/?tab=pipeline', { viewport: { width, height: 800 } }, { ...ports, health })
      const frame = page.getByRole('region', { name: 'Sources' })
      await frame.getByText('failing').waitFor()
      expect(await frame.locator('tbody tr').first().locator('th, td').allTextContents()).toEqual(
        expect.arrayContaining(['failing', 'openweathermap', 'station_Paris_FR']),
      )
      expect(await frame.locator('tbody tr').nth(1).textContent()).toMatch(/^behindvisual-crossing5 h ago/)
      expect(await page.locator('.verdict').textContent()).toContain('lat=48.85&WR_UPSTREAM_REFUSEDCheck it.')
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      const end = await frame
        .locator('thead th')
        .nth(columns - 1)
        .boundingBox()
      const place = await frame.boundingBox()
      expect(end!.x + end!.width).toBeLessThanOrEqual(place!.x + place!.width + 1)
    }
  })

  const replays = (page: Page) => page.locator('.block', { has: page.getByRole('heading', { name: 'Replays' }) })

  test('the pipeline shows the last replay of each view, and what became of it', async () => {
    const { page } = await visit('/?tab=pipeline')
    const row = (view: string) => replays(page).locator('tbody tr', { hasText: view })
    await row('weather_daily').getByText('building').waitFor()
    expect(await row('weather_daily').textContent()).toContain('42 %')
    expect(await row('weather_hourly').textContent()).toContain('cut short')
    expect(await row('daily_energy_summary').textContent()).toContain('1,204,000 in 7 s')
    expect(await row('air_hourly').textContent()).toContain('The disk that holds the data folder is full')
  })

  test('a replay is begun with the token, which is asked for once and kept in memory alone', async () => {
    const ports = fakePorts({ now: NOW, from: NOW - 2 * 24 * HOUR })
    const told: ReplayInfo[] = []
    const { page, url } = await visit('/?tab=pipeline', {}, { ...ports, replays: async () => told })
    const block = replays(page)
    await block.getByText('None yet').waitFor()
    await block.getByRole('combobox').selectOption('weather_daily')
    await block.getByRole('button', { name: 'Build anew' }).click()
    await block.getByText('A replay needs the token').waitFor()
    await block.getByLabel('Token').fill('another')
    await page.keyboard.press('Enter')
    await block.getByText('That is not the token').waitFor()
    expect(ports.replayRequests).toEqual([])
    await block.getByLabel('Token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await block.getByText('Building generation 2 of weather_daily.').waitFor()

    const [base] = await ports.replays()
    told.push({ ...base!, id: 'e1', view: 'weather_daily', state: 'done', error: null })
    await block.getByText('Done: generation 2 of weather_daily is current.').waitFor()
    await block.getByRole('combobox').selectOption({ label: 'All views' })
    await block.getByRole('button', { name: 'Build anew' }).click()
    await expect.poll(() => ports.replayRequests.length).toBe(2)
    expect(ports.replayRequests).toEqual([
      { views: ['weather_daily'], rollback: false, from: null },
      { views: [], rollback: false, from: null },
    ])
    expect(await block.getByLabel('Token').isVisible()).toBe(false)
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')).not.toContain(
      TOKEN,
    )
    expect(page.url()).toBe(`${url}/?tab=pipeline`)
  })

  test('a replay that cannot begin says why, and one that was cut short is gone on with', async () => {
    const ports = fakePorts({ now: NOW, from: NOW - 2 * 24 * HOUR })
    let isBusy = true
    const busy = { message: 'Another replay of this log is at work.', remedy: 'Wait until it is done.', kind: 'usage' } as const
    const startReplay: ApiPorts['startReplay'] = async (request) => {
      if (isBusy) throw new WindrowError('WR_REPLAY_RUNNING', busy)
      return { ...(await ports.startReplay(request)), resumed: true }
    }
    const { page } = await visit('/?tab=pipeline', {}, { ...ports, startReplay })
    const block = replays(page)
    await block.getByText('Go on with it').click()
    await block.getByLabel('Token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await block.getByText('Another replay of this log is at work. Wait until it is done.').waitFor()
    isBusy = false
    await block.getByText('Go on with it').click()
    await block.getByText('Going on with generation 2 of weather_hourly.').waitFor()
    expect(ports.replayRequests).toEqual([{ views: ['weather_hourly'], rollback: false, from: null }])
  })

  test('says so where no token is set with which a replay might begin', async () => {
    const { page } = await visit('/?tab=pipeline', {})
    const block = replays(page)
    await block.getByRole('button', { name: 'Build anew' }).click()
    await block.getByLabel('Token').fill('any')
    await page.keyboard.press('Enter')
    await block.getByText('no token is set').waitFor()
    expect(await block.textContent()).toContain('Set WINDROW_API_TOKEN')
    expect(await block.getByLabel('Token').isVisible()).toBe(false)
  })

  test('says what to do where there is nothing yet, and begins by itself', async () => {
    let begun = false
    const full = fakePorts({ now: NOW, from: NOW - 2 * 24 * HOUR })
    const { page } = await visit('/?tab=air', null, { ...full, stations: async () => (begun ? full.stations() : []) })
    await page.getByText('No air-quality readings yet').waitFor()
    expect(await page.locator('main').textContent()).toContain('produce --source file --format airqino')
    begun = true
    await rows(page).first().waitFor()
  })

  test('says what failed and the remedy, and tries again', async () => {
    const full = fakePorts({ now: NOW, from: NOW - 2 * 24 * HOUR })
    let broken = true
    const { page } = await visit('/?tab=weather', null, {
      ...full,
      queryView: (query) =>
        broken ? { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('disk')) }) } : full.queryView(query),
    })
    await page.getByText('The request failed inside windrow.').waitFor()
    expect(await page.getByRole('alert').textContent()).toContain('WR_API_FAILED')
    broken = false
    await page.getByText('Try again').click()
    await rows(page).first().waitFor()
  })

  test('fits into 360 pixels, in the dark', async () => {
    const { page, complaints, url } = await visit('/', { viewport: { width: 360, height: 700 }, colorScheme: 'dark' })
    for (const tab of ['weather', 'energy', 'air', 'compare', 'quality', 'pipeline', 'views']) {
      await page.goto(`${url}/?tab=${tab}`)
      await page.locator('tbody tr').first().waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth'), tab).toBeLessThanOrEqual(360)
    }
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(14, 19, 26)')
    expect(complaints).toEqual([])
  })

  test('a theme that was chosen stays', async () => {
    const { page } = await visit('/?tab=pipeline', {})
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.getByLabel('Use the dark theme').click()
    expect(await background()).not.toBe(light)
    await page.reload()
    expect(await background()).not.toBe(light)
    await page.getByLabel('Use the light theme').waitFor()
  })
})
