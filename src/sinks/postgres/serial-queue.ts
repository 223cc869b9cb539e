interface Job {
  start(): Promise<void>
}

/** So many pieces of ordinary work may go before one that waits in the background. */
const ORDINARY_IN_A_ROW = 8

/**
 * Runs pieces of work one after another: those in the background when nothing else waits, so that somebody who looks at a view does not
 * wait for all that is to be written; but now and then one of them all the same. Within either kind in the order in which they were asked for.
 */
export class SerialQueue {
  private readonly ordinary: Job[] = []
  private readonly background: Job[] = []
  private inARow = 0
  private running: Promise<void> | null = null

  /** Resolves or rejects as the work does; a rejection does not stop those behind it. */
  run<T>(work: () => Promise<T>, inBackground = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const start = async (): Promise<void> => {
        try {
          resolve(await work())
        } catch (error) {
          reject(error)
        }
      }
      const lane = inBackground ? this.background : this.ordinary
      lane.push({ start })
      this.running ??= this.runAll()
    })
  }

  /** Resolves when nothing is under way and nothing waits. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  private async runAll(): Promise<void> {
    // Not at once: what is asked for in the same turn may be more urgent.
    await Promise.resolve()
    for (let job = this.next(); job !== undefined; job = this.next()) await job.start()
    this.running = null
  }

  private next(): Job | undefined {
    const isTurnOfBackground = this.background.length > 0 && this.inARow >= ORDINARY_IN_A_ROW
    const job = isTurnOfBackground ? undefined : this.ordinary.shift()
    if (job !== undefined) {
      this.inARow += 1
      return job
    }
    this.inARow = 0
    return this.background.shift()
  }
}
