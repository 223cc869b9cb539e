import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { air } from './air.ts'
import { batch } from './batch.ts'
import { energy } from './energy.ts'
import { pipeline } from './pipeline/pipeline.ts'
import { quality } from './quality.ts'
import { speed } from './speed.ts'

/** Every dashboard, by the name of its file in grafana-provisioning/dashboards. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'air-quality.json': air,
  'batch-layer.json': batch,
  'data-quality.json': quality,
  'energy.json': energy,
  'pipeline.json': pipeline,
  'speed-layer.json': speed,
}

/** The file of a dashboard. */
export const dashboardFile = (dashboard: Dashboard): string => `${JSON.stringify(dashboard, null, 2)}\n`
