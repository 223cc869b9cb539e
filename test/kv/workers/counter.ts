import { openLmdbStore } from '../../../src/kv/lmdb-store.ts'
import { say } from '../../support/child-side.ts'

/** Adds one to the number under `counter`, so many times, each on condition that nobody else did meanwhile. */
const [path, times] = process.argv.slice(2) as [string, string]
const kv = await openLmdbStore({ path })
const key = new TextEncoder().encode('counter')
let refused = 0
say('ready')
for (let i = 0; i < Number(times); ) {
  const found = kv.get(key)
  const value = new TextEncoder().encode(String(Number(new TextDecoder().decode(found)) + 1))
  if (await kv.batch([{ key, value }], [{ key, expected: found ?? null }])) i++
  else refused++
}
await kv.close()
say('done', { refused })
