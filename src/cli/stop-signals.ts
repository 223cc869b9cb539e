import { setMaxListeners } from 'node:events'

/**
 * An abort signal that SIGINT and SIGTERM raise. The second one ends the process at once: everything durable survives
 * that, by design.
 */
export function stopOnSignals(onFirst: (name: string) => void): AbortController {
  const controller = new AbortController()
  // Every part of the process may listen.
  setMaxListeners(0, controller.signal)
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
    controller.abort()
    onFirst(name)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller
}
