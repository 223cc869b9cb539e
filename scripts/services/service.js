// @ts-check

/**
 * A server that tests may end and start again.
 * @typedef {object} Service
 * @property {string} name
 * @property {string} logFile what it printed
 * @property {number | null} pid null while it does not run, and where a container runs it
 * @property {() => Promise<void>} start resolves when it answers; rejects with its log when it ends or never does
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill sends the signal (SIGKILL unless told otherwise) and waits until the
 *   process is gone, except for SIGSTOP and SIGCONT
 * @property {() => Promise<void>} stop SIGTERM, and resolves when it is gone
 */

export {}
