import type { WorkloadSpec } from './workload.ts'

/** 65 days of 64 stations, a reading every 3 minutes, up to 5 minutes late, 1 % repeated: the job of the peers. */
export const airInOrder: WorkloadSpec = {
  kind: 'air',
  readings: 2_000_000,
  stations: 64,
  intervalMinutes: 3,
  delayMinutes: 5,
  repeatEvery: 100,
  order: 'by time',
}

/** For a runner whose readings come from a producer: only its kind matters to it. */
export const producedWeather: WorkloadSpec = {
  kind: 'weather',
  readings: 0,
  stations: 100,
  intervalMinutes: 60,
  delayMinutes: 0,
  repeatEvery: 0,
  order: 'by time',
}
