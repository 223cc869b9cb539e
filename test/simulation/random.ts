import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Choices that follow from a seed alone. */
export interface Random {
  /** A whole number from `from` to `to`, both inclusive. */
  int(from: number, to: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** One of the names, each as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T
  /** Another stream of choices, so that what is drawn from it changes nothing here. */
  fork(): Random
}

export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  const random: Random = {
    int: (from, to) => uniformInt(generator, from, to),
    chance: (probability) => uniformInt(generator, 0, 999_999) < probability * 1_000_000,
    pick: (items) => {
      const item = items[random.int(0, items.length - 1)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    weighted: <T extends string>(weights: Readonly<Record<T, number>>) => {
      const entries = Object.entries(weights) as [T, number][]
      let left = random.int(
        0,
        entries.reduce((sum, [, weight]) => sum + weight, -1),
      )
      for (const [name, weight] of entries) {
        left -= weight
        if (left < 0) return name
      }
      throw new RangeError('the weights are all 0')
    },
    fork: () => seededRandom(random.int(0, 0x7fffffff)),
  }
  return random
}
