import { stores } from '../../scripts/services/stores.js'
import { type Figure, figureOfRounds, missingFigure } from '../report/figure.ts'
import type { AuditWay, AuditWork, MeasureAuditResult } from '../steps/measure-audit.ts'
import type { Scenario } from './scenario.ts'

/** What the sink may lose to triggers that have nothing to do for it. */
const AIM = 1.03

/** What audit triggers cost the sink, and a person: by statement as windrow has them, and by row, beside none, in one run. */
export const audit: Scenario = async ({ step, quick }) => {
  if (!stores.postgres.isHere()) return [missingFigure('postgres', 'it is not on this machine', false)]
  const { environment, stop } = await stores.postgres.start()
  try {
    const url = environment.POSTGRES_URL as string
    const size = quick ? { rounds: 1, batches: 4, manyRows: 10_000 } : { rounds: 8, batches: 8, manyRows: 100_000 }
    return figuresOf(await step('measureAudit', { url, ...size }))
  } finally {
    await stop()
  }
}

const WORKS: ReadonlyArray<readonly [AuditWork, string]> = [
  ['insert', 'a batch of 5,000 new rows'],
  ['update', 'a batch of 5,000 rows that differ'],
  ['same', 'a batch of 5,000 rows that are there'],
  ['insertMany', 'a comparison that writes all rows'],
  ['updateMany', 'a comparison that changes all rows'],
]

function figuresOf(result: MeasureAuditResult): Figure[] {
  const ratios = (way: AuditWay, work: AuditWork): number[] =>
    result[way][work].map((ms, i) => ms / (result.nothing[work][i] as number))
  return [
    ...WORKS.flatMap(([work, what]) => [
      figureOfRounds(`the sink, ${what}, without triggers`, 'ms', result.nothing[work]),
      figureOfRounds('... the same again / that: the noise', '1', ratios('nothingAgain', work)),
      figureOfRounds('... with triggers by statement / without', '1', ratios('byStatement', work), { atMost: AIM }),
      figureOfRounds('... with triggers by row / without', '1', ratios('byRow', work)),
    ]),
    figureOfRounds('a person changes all rows, without triggers', 'ms', result.nothing.person),
    figureOfRounds('... audited by statement', 'ms', result.byStatement.person),
    figureOfRounds('... audited by row', 'ms', result.byRow.person),
  ]
}
