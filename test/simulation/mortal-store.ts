import { WindrowError } from '../../src/core/errors.ts'
import type { KeyValueStore } from '../../src/kv/port.ts'
import type { StoreCrashPlan } from './life-plan.ts'

export interface MortalStoreOptions {
  readonly plan: StoreCrashPlan | null
  /** Awaited before every save. */
  readonly delay: () => Promise<void>
  /** Called when the plan says that the whole process dies; returns what everything it does from then on fails with. */
  readonly onCrash: () => Error
  /** What the process died of, null while it lives. */
  readonly death: () => Error | null
}

/** The local store of a process that may die, run out of disk, or break. */
export function mortalStore(store: KeyValueStore, { plan, delay, onCrash, death }: MortalStoreOptions): KeyValueStore {
  let saves = 0
  const assertAlive = () => {
    const error = death()
    if (error !== null) throw error
  }
  return {
    get: (key) => {
      assertAlive()
      return store.get(key)
    },
    range: (range) => {
      assertAlive()
      return store.range(range)
    },
    keys: (range) => {
      assertAlive()
      return store.keys(range)
    },
    batch: async (changes, conditions) => {
      await delay()
      assertAlive()
      saves += 1
      const due = plan !== null && saves >= plan.nth && saves < plan.nth + plan.times
      if (due && plan.point === 'before-save') throw onCrash()
      if (due && plan.point === 'disk-full') throw diskFull()
      if (due && plan.point === 'failed') throw broken()
      const applied = await store.batch(changes, conditions)
      if (due && plan.point === 'after-save') throw onCrash()
      assertAlive()
      return applied
    },
    watch: (listener) => store.watch(listener),
    close: () => store.close(),
  }
}

function diskFull(): WindrowError {
  return new WindrowError('WR_DISK_FULL', {
    message: 'The disk of the local store is full, as planned',
    remedy: 'This happens in tests only.',
    canRetry: true,
  })
}

function broken(): WindrowError {
  return new WindrowError('WR_STORE_FAILED', {
    message: 'The local store is broken, as planned',
    remedy: 'This happens in tests only.',
  })
}
