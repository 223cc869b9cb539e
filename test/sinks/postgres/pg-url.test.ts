import pg from 'pg'
import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/secret.ts'
import { pgUrl } from '../../../src/sinks/postgres/pg-url.ts'
import { connectionEnvironment } from '../../../src/warehouse/backup/pg-environment.ts'

/** What a user may call a database, and every character that means something in an address but `?` and `#`. */
const NAMES = ['windrow', 'a=b', 'a/b', 'a@b:c', `h"o=st'x $1é/%`, ';/:@&=+$,', '%3D', 'a b']

test.each(NAMES)('the database %j is the same for windrow and for the programs of PostgreSQL', (name) => {
  const url = `postgres://us%2Fer:pass%40%3D%2F@127.0.0.1:5432/${encodeURIComponent(name)}?sslmode=require`
  const client = new pg.Client({ connectionString: pgUrl(url) })
  expect([client.user, client.password, client.host, client.database]).toEqual(['us/er', 'pass@=/', '127.0.0.1', name])
  const { PGDATABASE, PGPASSWORD } = connectionEnvironment({ url: new Secret(url), major: 15, environment: {} })
  expect([PGDATABASE, PGPASSWORD]).toEqual([name, 'pass@=/'])
})
