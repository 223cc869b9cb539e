import type { Channel } from '../process/channel.ts'

/** The parts of scenarios that run in a process of their own, each loaded where it runs only. */
const steps = {
  fillLog: async () => (await import('./fill-log.ts')).fillLog,
  scanLog: async () => (await import('./scan-log.ts')).scanLog,
  replayViews: async () => (await import('./replay-views.ts')).replayViews,
  replayLog: async () => (await import('./replay-log.ts')).replayLog,
  appendRecords: async () => (await import('./append-records.ts')).appendRecords,
  measureLatency: async () => (await import('./measure-latency.ts')).measureLatency,
  keepRunning: async () => (await import('./keep-running.ts')).keepRunning,
  forgetRows: async () => (await import('./forget-rows.ts')).forgetRows,
  runPeer: async () => (await import('./run-peer.ts')).runPeer,
  rebuildState: async () => (await import('./rebuild-state.ts')).rebuildState,
  fillView: async () => (await import('./fill-view.ts')).fillView,
  writeBySink: async () => (await import('./write-by-sink.ts')).writeBySink,
  writeRaw: async () => (await import('./write-raw.ts')).writeRaw,
  runWithSinks: async () => (await import('./run-with-sinks.ts')).runWithSinks,
  produceSteadily: async () => (await import('./produce-steadily.ts')).produceSteadily,
  compareAll: async () => (await import('./compare-all.ts')).compareAll,
  measureAudit: async () => (await import('./measure-audit.ts')).measureAudit,
  writeLake: async () => (await import('./write-lake.ts')).writeLake,
  copyLake: async () => (await import('./copy-lake.ts')).copyLake,
  shareReplay: async () => (await import('./share-replay.ts')).shareReplay,
}

export type StepName = keyof typeof steps
type StepFunction<N extends StepName> = Awaited<ReturnType<(typeof steps)[N]>>
export type StepParams<N extends StepName> = Parameters<StepFunction<N>>[0]
export type StepResult<N extends StepName> = Awaited<ReturnType<StepFunction<N>>>

export async function runStep(name: string, params: unknown, channel: Channel): Promise<unknown> {
  const load = (steps as Readonly<Record<string, () => Promise<unknown>>>)[name]
  if (load === undefined) throw new Error(`There is no step ${name}`)
  const step = (await load()) as (params: unknown, channel: Channel) => Promise<unknown>
  return step(params, channel)
}
