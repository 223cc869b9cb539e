/** Runs pieces of work one after another, in the order in which they were asked for. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve()

  /** Resolves or rejects as the work does; a rejection does not stop those behind it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work)
    this.last = result.catch(() => undefined)
    return result
  }

  /** Resolves when all that has been asked for until now is done. */
  async idle(): Promise<void> {
    await this.last
  }
}
