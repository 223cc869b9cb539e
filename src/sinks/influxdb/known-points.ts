import type { PointShape } from './point-plan.ts'

/** Times of the key, and per time what the point has. */
type Station = Map<number, PointShape>

/**
 * Remembers what was last written of the newest keys, so that the server need not be asked what a point has that its next revision has not.
 * Bounded: what was not used for longest is forgotten first, roughly.
 */
export class KnownPoints {
  private readonly most: number
  private recent = new Map<string, Station>()
  private older = new Map<string, Station>()
  private recentPoints = 0
  /** One object for all points of the same shape. */
  private readonly shapes = new Map<string, PointShape>()

  /** `most` points in each of two halves. */
  constructor(most: number) {
    this.most = most
  }

  get(series: string, at: number): PointShape | undefined {
    return this.recent.get(series)?.get(at) ?? this.older.get(series)?.get(at)
  }

  set(series: string, at: number, shape: PointShape): void {
    let station = this.recent.get(series)
    if (station === undefined) {
      station = new Map()
      this.recent.set(series, station)
    }
    const before = station.size
    station.set(at, this.shared(shape))
    this.recentPoints += station.size - before
    if (this.recentPoints < this.most) return
    this.older = this.recent
    this.recent = new Map()
    this.recentPoints = 0
    this.shapes.clear()
  }

  forget(series: string, at: number): void {
    if (this.recent.get(series)?.delete(at) === true) this.recentPoints -= 1
    this.older.get(series)?.delete(at)
  }

  forgetAll(): void {
    this.recent = new Map()
    this.older = new Map()
    this.recentPoints = 0
  }

  private shared(shape: PointShape): PointShape {
    const name = `${shape.missing}|${shape.valueTags}`
    const known = this.shapes.get(name)
    if (known !== undefined) return known
    const { valueTags, missing } = shape
    const own = { valueTags, missing }
    this.shapes.set(name, own)
    return own
  }
}

/** Whether writing a point of shape `next` over one of `before` leaves something of it: a field that `next` lacks, or another series. */
export function leavesRemains(before: PointShape, next: PointShape): boolean {
  if (before.valueTags !== next.valueTags) return true
  if (before.missing === next.missing) return false
  const absent = new Set(before.missing.split(','))
  return next.missing.split(',').some((field) => !absent.has(field))
}
