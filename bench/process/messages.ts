/** What a worker is to do: one scenario, or one step of one. */
export interface Job {
  readonly kind: 'scenario' | 'step'
  readonly name: string
  readonly params: unknown
}

/** From the parent to the worker. */
export type ToWorker = { readonly type: 'job'; readonly job: Job } | { readonly type: 'ask'; readonly question: string }

/** From the worker to its parent. `event` tells of a moment within the job, and answers what was asked under that name. */
export type FromWorker =
  | { readonly type: 'event'; readonly name: string; readonly facts: unknown }
  | { readonly type: 'done'; readonly result: unknown }
  | { readonly type: 'failed'; readonly message: string }
