/** How a part of the pipeline is at a moment. Instants are milliseconds since the epoch; null is what a part does not have. */
export interface PipelineHealthRow {
  /** `partition`: of a reading topic; `sink`: one partition of a view in a store; `source`: what publishes. */
  readonly part: 'partition' | 'sink' | 'source'
  /** The topic's, `cassandra/weather_hourly`, `lake/gold`, or the source's. */
  readonly name: string
  /** -1 for a source, and for a layer of the lake, which has all of them. */
  readonly partition: number
  readonly state: string
  readonly lastEventAt: number | null
  readonly lastAppendAt: number | null
  /** Records not in the views yet, or not in the store. */
  readonly lag: number | null
  readonly late: number | null
  readonly duplicate: number | null
  readonly deadLettered: number | null
  readonly rowsPerSecond: number | null
  /** Failed tries since the start of the process. */
  readonly retries: number | null
  /** Code, time and text of the last one. */
  readonly lastError: string | null
  /** When this was so; of a source, when it last answered. */
  readonly heartbeatAt: number | null
}
