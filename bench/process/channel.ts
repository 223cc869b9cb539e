import type { FromWorker, ToWorker } from './messages.ts'

/** A job's way to whoever started it. */
export interface Channel {
  tell(event: string, facts: unknown): void
  /** Resolves when it is asked, once; answer by `tell` under the same name. */
  asked(question: string): Promise<void>
}

/** The channel of this process, which was started by `startWorker`. */
export const channel: Channel = {
  tell(name, facts) {
    void sendToParent({ type: 'event', name, facts })
  },
  asked(question) {
    return new Promise((resolve) => {
      const listener = (message: ToWorker): void => {
        if (message.type !== 'ask' || message.question !== question) return
        process.off('message', listener)
        resolve()
      }
      process.on('message', listener)
    })
  },
}

/** Resolves when the message has been handed over. */
export function sendToParent(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, undefined, undefined, () => resolve())
  })
}
