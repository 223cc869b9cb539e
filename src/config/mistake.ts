/** One thing that is wrong with the configuration. Neither text holds a secret. */
export interface Mistake {
  /** The variable (or variables) it is about. */
  readonly setting: string
  readonly problem: string
  readonly remedy: string
}
