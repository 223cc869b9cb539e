/** The thread that the embedded Postgres runs on: it computes for tens of milliseconds at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import type { PGlite } from '@electric-sql/pglite'
import { messageOf } from '../../core/errors.ts'
import { closeDatabase, openDatabase } from './pglite-directory.ts'
import type { PgliteReply, PgliteRequest, PgliteWorkerData } from './pglite-messages.ts'
import { bindMessages, collectResult } from './pglite-query.ts'

const port = parentPort
if (port === null) throw new Error('pglite-worker is started as a worker thread')

function reply(message: PgliteReply): void {
  port?.postMessage(message)
}

function fail(error: unknown): void {
  reply({ kind: 'failed', message: messageOf(error) })
}

async function answer(database: PGlite, data: PgliteWorkerData, request: PgliteRequest): Promise<void> {
  switch (request.kind) {
    case 'query': {
      const messages = await database.execProtocolStream(bindMessages(request.text, request.parameters), {
        syncToFs: false,
        throwOnError: false,
      })
      const outcome = collectResult(messages)
      if (outcome.error === null) {
        reply({ kind: 'result', id: request.id, result: outcome.result, inTransaction: database.isInTransaction() })
        return
      }
      reply({ kind: 'refused', id: request.id, error: outcome.error })
      return
    }
    case 'raw': {
      const bytes = await database.execProtocolRaw(request.bytes, { syncToFs: false })
      reply({ kind: 'raw', id: request.id, bytes, inTransaction: database.isInTransaction() })
      return
    }
    case 'close':
      await closeDatabase(database, data.directory)
      reply({ kind: 'closed', id: request.id })
  }
}

async function serve(data: PgliteWorkerData): Promise<void> {
  const { database, setAside } = await openDatabase(data, fail)
  // One after another: the database runs one statement at a time, whatever order answers are awaited in.
  let turn: Promise<void> = Promise.resolve()
  port?.on('message', (request: PgliteRequest) => {
    turn = turn.then(() => answer(database, data, request)).catch(fail)
  })
  reply({ kind: 'opened', setAside })
}

serve(workerData as PgliteWorkerData).catch(fail)
