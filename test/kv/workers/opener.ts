import { openLmdbStore } from '../../../src/kv/lmdb-store.ts'

/** Opens and closes the store, so many times. */
const [path, times] = process.argv.slice(2) as [string, string]
for (let i = 0; i < Number(times); i++) {
  const kv = await openLmdbStore({ path })
  await kv.close()
}
