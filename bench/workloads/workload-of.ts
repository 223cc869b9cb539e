import { airWorkload } from './air-workload.ts'
import { weatherWorkload } from './weather-workload.ts'
import type { Workload, WorkloadSpec } from './workload.ts'

export function workloadOf({ kind, stations, intervalMinutes }: WorkloadSpec): Workload {
  switch (kind) {
    case 'air':
      return airWorkload(stations, intervalMinutes)
    case 'weather':
      return weatherWorkload(stations, intervalMinutes)
  }
}
