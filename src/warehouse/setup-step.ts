import type { View } from '../views/view.ts'

/**
 * One statement of a set-up: safe to run again, the same through a driver and through psql, and without a secret. Names that are not
 * windrow's own are quoted.
 */
export interface SetupStep {
  /** What it does, in a few words, for progress and as the comment in a printed script. */
  readonly what: string
  readonly sql: string
}

/** What the statements are made for. */
export interface SetupTarget {
  /** The schema of the views' tables. */
  readonly schema: string
  readonly views: readonly View[]
  /** Names of the views in SQL that windrow keeps beside the tables. */
  readonly sqlViews: readonly string[]
}
