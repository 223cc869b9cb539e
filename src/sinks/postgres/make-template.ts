/** Run after an install: makes the database that new ones are copied from, so that the first start need not. Never fails an install. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../core/errors.ts'
import { closeDatabase, openDatabase } from './pglite-directory.ts'
import { pgliteTemplate } from './pglite-script.ts'

const place = mkdtempSync(join(tmpdir(), 'windrow-template-'))

function giveUp(reason: string): void {
  process.stderr.write(`No template for the embedded Postgres could be made (the first start takes longer): ${reason}\n`)
}

try {
  const directory = join(place, 'postgres')
  const template = fileURLToPath(pgliteTemplate())
  const { database } = await openDatabase({ directory, template }, (reason) => {
    giveUp(reason)
    rmSync(place, { recursive: true, force: true })
    // PGlite would not return from the call that it is in.
    process.exit(0)
  })
  await closeDatabase(database, directory)
} catch (error) {
  giveUp(messageOf(error))
} finally {
  rmSync(place, { recursive: true, force: true })
}
