import { describe, expect, test } from 'vitest'
import { assessHealth, unexplained } from '../../src/api/health-status.ts'
import { createMetrics } from '../../src/api/metrics.ts'
import { FATES, type HealthReport, type Problem, type SourceHealth } from '../../src/api/ports.ts'
import { NOW, openServer, startServer } from './start-server.ts'

const reported: HealthReport = await openServer().ports.health()
const well: HealthReport = { ...reported, replays: reported.replays.filter(({ state, stale }) => state !== 'failed' && !stale) }
const problem: Problem = { code: 'WR_POSTGRES_AWAY', message: 'Postgres does not answer.', remedy: 'Start it.', since: NOW }
const sink = well.sinks[0]!
const task = well.tasks[0]!
const source = well.sources[0]!

describe('the state of the pipeline in a word', () => {
  test('fresh: all that came is in the views', () => {
    expect(assessHealth(well)).toEqual({ status: 'fresh', headline: 'All readings are in the views.', reasons: [] })
  })

  test('empty: nothing came yet', () => {
    const none = { accepted: 0, current: 0, superseded: 0, stale: 0, duplicate: 0, tooLate: 0, deadLettered: 0 }
    expect(assessHealth({ ...well, topics: well.topics.map((topic) => ({ ...topic, ledger: none })) }).status).toBe('empty')
  })

  test('behind: a task or a sink has work and is not at it, or a source has missed its hours', () => {
    const behind = (change: Partial<HealthReport>) => assessHealth({ ...well, ...change }).status
    expect(behind({ tasks: [{ ...task, state: 'catching_up', endOffset: task.committedOffset + 9 }] })).toBe('behind')
    expect(behind({ sinks: [{ ...sink, lag: 3, lastWriteAt: NOW - 60_000 }] })).toBe('behind')
    expect(behind({ sources: [{ ...source, lastSuccessAt: NOW - 4 * 60_000 }] })).toBe('behind')
  })

  test('behind: a source answers, and what it answers is old', () => {
    const hour = 3_600_000
    const given: SourceHealth = { ...source, source: 'open-meteo Oslo', lastSuccessAt: NOW - 1000, staleAfterMs: 24 * hour }
    const of = (change: Partial<SourceHealth>) =>
      assessHealth({ ...well, startedAt: NOW - 90 * hour, sources: [{ ...given, ...change }] })
    expect(of({ lastEventAt: NOW - 23 * hour }).status).toBe('fresh')
    expect(of({ lastEventAt: NOW - 30 * hour })).toEqual({
      status: 'behind',
      headline: 'No new readings of open-meteo Oslo.',
      reasons: [
        {
          part: 'open-meteo Oslo',
          code: null,
          message: 'It answers, but has no reading since 2026-03-31T03:20Z, 30 hours ago.',
          remedy: expect.stringContaining('`windrow doctor`'),
        },
      ],
    })
    expect(of({ lastEventAt: null }).reasons[0]!.message).toContain('no reading since windrow was started, 90 hours ago')
    // What is polled once a day was fresh when it was asked; of a file readings may be of any age.
    const daily = { intervalSeconds: null, lastSuccessAt: NOW - 20 * hour }
    expect(of({ ...daily, lastEventAt: NOW - 30 * hour }).status).toBe('fresh')
    expect(of({ ...daily, lastEventAt: NOW - 50 * hour }).status).toBe('behind')
    expect(of({ staleAfterMs: null, lastEventAt: 0 }).status).toBe('fresh')
    expect(of({ state: 'stopped', lastEventAt: 0 }).status).toBe('fresh')
  })

  test('the lag of a commit that is under way is not being behind', () => {
    expect(assessHealth({ ...well, tasks: [{ ...task, endOffset: task.committedOffset + 500 }] }).status).toBe('fresh')
    expect(assessHealth({ ...well, sinks: [{ ...sink, lag: 500 }] }).status).toBe('fresh')
  })

  test('problem: a part needs a person, and it says which and what to do', () => {
    expect(assessHealth({ ...well, sinks: [{ ...sink, state: 'waiting', lag: 7, lastWriteAt: null, problem }] })).toEqual({
      status: 'problem',
      headline: 'Postgres does not answer.',
      reasons: [
        { part: 'postgres weather_data', code: 'WR_POSTGRES_AWAY', message: 'Postgres does not answer.', remedy: 'Start it.' },
      ],
    })
    expect(assessHealth({ ...well, tasks: [{ ...task, state: 'stopped' }] })).toMatchObject({
      status: 'problem',
      headline: 'weather.readings 0 has stopped.',
    })
    expect(assessHealth({ ...well, problems: [problem], sinks: [{ ...sink, problem }] }).headline).toBe('2 parts need attention.')
  })

  test('a replay that failed, or was cut short, is a warning that changes nothing else', () => {
    const { status, headline, reasons } = assessHealth(reported)
    expect([status, headline]).toEqual(['fresh', 'All readings are in the views.'])
    expect(reasons).toEqual([
      {
        part: 'replay air_hourly',
        code: 'WR_DISK_FULL',
        message: expect.stringContaining('The last replay of air_hourly has failed: The disk'),
        remedy: expect.stringMatching(/^Make room on the disk\. Then run `windrow replay air_hourly`/),
      },
      {
        part: 'replay weather_hourly',
        code: 'WR_REPLAY_CUT_SHORT',
        message: expect.stringContaining('process 4711 on fog'),
        remedy: expect.stringContaining('`windrow replay weather_hourly`'),
      },
    ])
    const together = reported.replays.map((replay) => ({ ...replay, id: 'one', state: 'failed' as const, rollback: true }))
    expect(assessHealth({ ...reported, replays: together }).reasons).toMatchObject([
      {
        remedy: expect.stringContaining(
          '`windrow replay air_hourly daily_energy_summary weather_daily weather_hourly --rollback`',
        ),
      },
    ])
  })

  test('a ledger that does not add up is a problem', () => {
    const topic = well.topics[0]!
    const wrong = { ...topic, ledger: { ...topic.ledger, current: topic.ledger.current - 2 } }
    expect(unexplained(topic.ledger)).toBe(0)
    expect(unexplained(wrong.ledger)).toBe(2)
    expect(assessHealth({ ...well, topics: [wrong] })).toMatchObject({
      status: 'problem',
      headline: 'The ledger of weather.readings does not add up: 2 readings are unaccounted for.',
    })
  })
})

describe('the health routes', () => {
  test('/api/health has every part and the ledger of every topic', async () => {
    const { get } = startServer()
    const { body } = await get('/api/health')
    expect(body).toMatchObject({
      status: 'fresh',
      backend: 'embedded',
      ready: true,
      at: '2026-04-01T09:20:00Z',
      topics: [
        { topic: 'weather.readings', ledger: { unexplained: 0, dead_lettered: 0 }, last_event: '2026-04-01T09:05:00Z' },
        {},
        {},
      ],
      tasks: [{ lag: 0, state: 'running' }, {}, {}],
      sources: [{ source: 'simulator', name: 'simulator', station: null, behind: false, last_success: '2026-04-01T09:19:56Z' }],
    })
    const ledger = body.topics![0]!.ledger as unknown as Record<string, number>
    expect(ledger.accepted).toBe(FATES.reduce((sum, fate) => sum + ledger[fate]!, 0))
  })

  test('/health is 503 while something needs a person, /health/live never', async () => {
    const { get } = startServer({}, { health: async () => ({ ...well, problems: [problem] }) })
    expect(await get('/health')).toEqual({ status: 503, body: { status: 'problem', message: 'Postgres does not answer.' } })
    expect((await get('/health/live')).status).toBe(200)
    expect((await get('/health/ready')).status).toBe(200)
  })

  test('/health/ready is 503 until the views can be read', async () => {
    const { get } = startServer({}, { health: async () => ({ ...well, ready: false }), ready: async () => false })
    expect(await get('/health/ready')).toMatchObject({ status: 503, body: { status: 'starting' } })
    expect(await get('/health')).toMatchObject({ status: 200, body: { status: 'fresh' } })
  })
})

describe('/metrics', () => {
  const figure = (text: string, line: string): number =>
    Number(
      text
        .split('\n')
        .find((each) => each.startsWith(`${line} `))
        ?.split(' ')
        .at(-1),
    )

  test('has the ledger, lags, freshness and the process, in the text format of Prometheus', async () => {
    const { app } = startServer()
    const response = await app.inject('/metrics')
    expect(response.headers['content-type']).toContain('text/plain')
    const { body } = response
    const accepted = figure(body, 'windrow_readings_accepted_total{topic="air.readings"}')
    const fates = FATES.map((fate) => figure(body, `windrow_readings{topic="air.readings",fate="${fate}"}`))
    expect(accepted).toBe(fates.reduce((sum, value) => sum + value))
    expect(figure(body, 'windrow_task_offset_lag{topic="air.readings",partition="0"}')).toBe(0)
    expect(figure(body, 'windrow_sink_lag{sink="postgres",view="energies"}')).toBe(0)
    expect(figure(body, 'windrow_sink_rows_written_total{sink="postgres",view="energies"}')).toBe(1_200)
    expect(figure(body, 'windrow_sink_rows_per_second{sink="postgres",view="energies"}')).toBe(2.5)
    expect(figure(body, 'windrow_sink_retries_total{sink="postgres",view="energies"}')).toBe(1)
    expect(figure(body, 'windrow_sink_dead_lettered_total{sink="postgres",view="energies"}')).toBe(0)
    expect(body).toContain('windrow_sink_last_error_timestamp_seconds{sink="postgres",view="energies",code="WR_SQL_AWAY"}')
    expect(figure(body, 'windrow_source_last_success_timestamp_seconds{source="simulator"}')).toBe((NOW - 4000) / 1000)
    expect(body).toContain('process_resident_memory_bytes')
  })

  test('has no lag of a task while the log does not say how long it is: 0 would be a lie', async () => {
    const text = await createMetrics().render({ ...well, tasks: well.tasks.map((task) => ({ ...task, endOffset: null })) })
    expect(text).toContain('windrow_task_state{')
    expect(text).not.toContain('windrow_task_offset_lag{')
  })

  test('has the lake by layer, and no figures of files where another process writes it', async () => {
    const [sink] = well.sinks
    if (sink === undefined) throw new Error('no sink')
    const files = { written: 7, bytes: 4_096, flushSeconds: 60 }
    const gold = { ...sink, sink: 'lake', view: 'gold', lag: 3, files }
    const text = await createMetrics().render({ ...well, sinks: [sink, gold] })
    expect(figure(text, 'windrow_lake_lag{layer="gold"}')).toBe(3)
    expect(figure(text, 'windrow_lake_rows_written_total{layer="gold"}')).toBe(1_200)
    expect(figure(text, 'windrow_lake_files_written_total{layer="gold"}')).toBe(7)
    expect(figure(text, 'windrow_lake_written_bytes_total{layer="gold"}')).toBe(4_096)
    expect(figure(text, 'windrow_lake_last_flush_timestamp_seconds{layer="gold"}')).toBe((NOW - 3_000) / 1000)
    expect(figure(text, 'windrow_lake_flush_interval_seconds{layer="gold"}')).toBe(60)
    const away = { ...gold, isOwn: false, files: { written: 0, bytes: 0, flushSeconds: null } }
    const other = await createMetrics().render({ ...well, sinks: [away] })
    expect(figure(other, 'windrow_lake_lag{layer="gold"}')).toBe(3)
    expect(other).not.toContain('windrow_lake_files_written_total{')
    expect(other).not.toContain('windrow_lake_flush_interval_seconds{')
  })

  test('has how the last replay of each view stands', async () => {
    const text = await createMetrics().render(well)
    expect(figure(text, 'windrow_replay_records_read{view="weather_daily"}')).toBe(505_680)
    expect(figure(text, 'windrow_replay_records_to_read{view="weather_daily"}')).toBe(1_204_000)
    expect(figure(text, 'windrow_replay_state{view="weather_daily",state="building"}')).toBe(1)
    expect(figure(text, 'windrow_replay_state{view="weather_daily",state="done"}')).toBe(0)
    expect(figure(text, 'windrow_replay_last_update_timestamp_seconds{view="weather_daily"}')).toBe(NOW / 1000)
  })

  test('tells the state as of the scrape: what is gone is gone, counters do not add up over scrapes', async () => {
    const metrics = createMetrics()
    const first = await metrics.render(well)
    metrics.observeCommit('air.readings', 0.02)
    const second = await metrics.render({ ...well, sinks: [] })
    expect(second).not.toContain('windrow_sink_lag{')
    for (const line of [
      'windrow_readings_accepted_total{topic="air.readings"}',
      'windrow_source_published_total{source="simulator"}',
    ]) {
      expect(figure(second, line)).toBe(figure(first, line))
    }
    expect(figure(second, 'windrow_commit_seconds_count{topic="air.readings"}')).toBe(1)
  })
})
