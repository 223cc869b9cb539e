import { open } from 'lmdb'
import { say } from '../../support/child-side.ts'

/** Stops itself while it holds the write lock. */
const db = open({
  path: process.argv[2] as string,
  encoding: 'binary',
  keyEncoding: 'binary',
  useVersions: true,
  overlappingSync: false,
})
db.transactionSync(() => {
  say('inside')
  process.kill(process.pid, 'SIGSTOP')
})
await db.close()
say('done')
