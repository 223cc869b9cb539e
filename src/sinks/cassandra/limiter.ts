/** Lets so many run at a time; the others wait their turn. */
export class Limiter {
  private readonly most: number
  private readonly waiting: (() => void)[] = []
  private running = 0

  constructor(most: number) {
    this.most = most
  }

  /** Runs all, and waits for all that have begun before it rejects with the first failure; none is begun after one failed. */
  async all<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
    const begun: Promise<void>[] = []
    const failures: unknown[] = []
    const run = async (item: T): Promise<void> => {
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      } finally {
        this.leave()
      }
    }
    try {
      for (const item of items) {
        await this.enter()
        if (failures.length > 0) {
          this.leave()
          break
        }
        begun.push(run(item))
      }
    } catch (error) {
      failures.push(error)
    }
    await Promise.all(begun)
    if (failures.length > 0) throw failures[0]
  }

  private async enter(): Promise<void> {
    if (this.running < this.most) {
      this.running += 1
      return
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  /** The place goes to who waits longest. */
  private leave(): void {
    const next = this.waiting.shift()
    if (next === undefined) this.running -= 1
    else next()
  }
}
