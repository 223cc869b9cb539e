import type { HistoryRecord } from './history.ts'
import { type Life, quietLife } from './life-plan.ts'
import type { Trial } from './trial.ts'

const MOST_DIFFERENCES = 20
const MOST_RECORDS = 40

/** What a failure looks like to whoever has to find its cause. */
export function describeTrial(trial: Trial, differences: readonly string[]): string {
  const { seed, history, ways } = trial
  const lines = [
    `seed ${seed} fails; run it again with: npm run simulate -- --seeds 1 --seed ${seed}`,
    `${history.event}, ${history.partitions} partitions, allowed lateness ${history.allowedLatenessMinutes ?? 'unlimited'}, after shrinking ${history.records.length} records:`,
    ...history.records.slice(0, MOST_RECORDS).map(describeRecord),
    ...(history.records.length > MOST_RECORDS ? ['  ...'] : []),
    ...ways.flatMap((lives, i) => [`run ${i + 1}:`, ...lives.map(describeLife)]),
    'what is wrong:',
    ...differences.slice(0, MOST_DIFFERENCES).map((difference) => `  ${difference}`),
  ]
  if (differences.length > MOST_DIFFERENCES) lines.push(`  and ${differences.length - MOST_DIFFERENCES} more`)
  return lines.join('\n')
}

function describeRecord({ key, partition, reading, flaw, byOlderSchema }: HistoryRecord): string {
  const { timestamp, intervalMinutes, location, revisedAt, ingestedAt: _, dataOrigin: __, ...values } = reading
  const revision = revisedAt === null ? '' : ` revised ${iso(revisedAt)}`
  const notes = `${flaw === null ? '' : ` FLAW ${flaw}`}${byOlderSchema ? ' (older schema)' : ''}`
  return `  ${partition} ${key} ${iso(timestamp)} +${intervalMinutes} ${location.timeZone}${revision}${notes} ${JSON.stringify(values)}`
}

/** Only what is not as in a quiet life. */
function describeLife(life: Life): string {
  const quiet = quietLife(life.records)
  const special = Object.entries(life).filter(([name, value]) => value !== quiet[name as keyof Life] && name !== 'records')
  return `  ${life.records} records ${JSON.stringify(Object.fromEntries(special))}`
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
