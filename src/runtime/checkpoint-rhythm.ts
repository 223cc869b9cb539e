/** A checkpoint may write so many readings for each that has come in since the last one. */
const MOST_WRITTEN_A_READING = 4
/** After so many times `everyReadings` a checkpoint is made whatever it writes. */
const AT_LAST = 10

/** Says when a task saves its local state: often enough for a quick start, and no oftener than it pays. */
export class CheckpointRhythm {
  private readonly everyReadings: number
  private readings = 0
  /** When to think about it next, in readings since the last one. */
  private next: number

  constructor(everyReadings: number) {
    this.everyReadings = everyReadings
    this.next = everyReadings
  }

  /** So many readings more are committed. */
  committed(readings: number): void {
    this.readings += readings
  }

  /** `unsaved` tells how many readings a checkpoint would write; it is asked seldom. */
  isDue(unsaved: () => number): boolean {
    if (this.readings < this.next) return false
    if (unsaved() <= this.readings * MOST_WRITTEN_A_READING || this.readings >= this.everyReadings * AT_LAST) return true
    this.next = this.readings + this.everyReadings
    return false
  }

  /** A checkpoint was made. */
  saved(): void {
    this.readings = 0
    this.next = this.everyReadings
  }
}
