import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'

export interface StoreWatch {
  add(listener: () => void): () => void
  /** This process changed the store. */
  notify(): void
  close(): void
}

/** Where the system tells nothing about files, everybody looks this often. */
const BLIND_POLL_MS = 20
/** Belt and braces beside the system's own notifications, which may be dropped. */
const SEEING_POLL_MS = 500

/**
 * Tells when any process wrote to the data file. LMDB writes it with ordinary calls, so the system's file notifications
 * (inotify and the like) see every commit at no cost while nothing happens. Runs only while somebody listens.
 */
export function watchStore(path: string): StoreWatch {
  const listeners = new Set<() => void>()
  let watcher: FSWatcher | null = null
  let timer: NodeJS.Timeout | null = null
  let scheduled: NodeJS.Immediate | null = null

  const tell = (): void => {
    scheduled = null
    for (const listener of [...listeners]) listener()
  }
  // One commit is several writes, and so several notifications.
  const soon = (): void => {
    if (listeners.size > 0) scheduled ??= setImmediate(tell)
  }
  const poll = (everyMs: number): void => {
    if (timer !== null) clearInterval(timer)
    timer = setInterval(soon, everyMs)
  }
  const start = (): void => {
    try {
      watcher = watch(join(path, 'data.mdb'), soon)
      watcher.on('error', () => {
        watcher?.close()
        watcher = null
        poll(BLIND_POLL_MS)
      })
      poll(SEEING_POLL_MS)
    } catch {
      // No notifications here (limits of the system, an unusual file system): polling gives the same, a little later.
      poll(BLIND_POLL_MS)
    }
  }
  const stop = (): void => {
    watcher?.close()
    watcher = null
    if (timer !== null) clearInterval(timer)
    timer = null
    if (scheduled !== null) clearImmediate(scheduled)
    scheduled = null
  }
  return {
    add(listener) {
      if (listeners.size === 0) start()
      listeners.add(listener)
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) stop()
      }
    },
    notify: soon,
    close() {
      listeners.clear()
      stop()
    },
  }
}
