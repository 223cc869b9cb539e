import { list, secret, text, url, wholeNumber } from './setting.ts'

/** The settings of the lake: Parquet files in a folder or a bucket. */
export const lakeSettings = {
  lakeUrl: text<string | null>('LAKE_URL', {
    section: 'lake',
    fallback: null,
    pattern: '^(?:s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^?#\\\\]*)?|(?![A-Za-z][A-Za-z0-9+.-]*://|[sS]3:).+)$',
    expects: 'a folder, or a bucket as s3://bucket/prefix',
    doc: 'Where the lake is: a folder of this machine, or `s3://bucket/prefix` on S3 or a server that is like it. Unset: there is no lake.',
  }),
  lakeLayers: list('WINDROW_LAKE_LAYERS', {
    section: 'lake',
    fallback: ['bronze', 'silver', 'gold'],
    pattern: '^(bronze|silver|gold)$',
    expects: 'any of bronze, silver and gold',
    doc: 'What the lake has: `bronze` (readings as they came), `silver` (the latest revision of each), `gold` (the views). `--layers` says otherwise.',
  }),
  lakeKeep: text<string | null>('WINDROW_LAKE_KEEP', {
    section: 'lake',
    fallback: null,
    pattern: '^[1-9][0-9]{0,4}d$',
    expects: 'a number of days, for instance 30d',
    doc: 'How long `bronze` keeps a day after it is over, for instance `30d`. Unset: for ever. `silver` and `gold` keep all.',
  }),
  lakeFlushSeconds: wholeNumber('WINDROW_LAKE_FLUSH_SECONDS', {
    section: 'lake',
    fallback: 60,
    minimum: 1,
    maximum: 86_400,
    doc: 'Seconds after which what is new is written to the lake at the latest. Shorter means fresher files, and more of them written anew.',
  }),
  lakeFileMb: wholeNumber('WINDROW_LAKE_FILE_MB', {
    section: 'lake',
    fallback: 64,
    minimum: 1,
    maximum: 4_096,
    doc: 'Mebibytes at which a file of readings is full, and the next one of its day begins.',
  }),
  lakeFileRows: wholeNumber('WINDROW_LAKE_FILE_ROWS', {
    section: 'lake',
    fallback: 1_000_000,
    minimum: 1_000,
    maximum: 100_000_000,
    doc: 'Rows at which a file of readings is full; a month of a view that has more is in parts of some days each.',
  }),
  s3Endpoint: url('S3_ENDPOINT', ['http', 'https'], {
    section: 'lake',
    fallback: null,
    doc: 'Address of a server that is like S3 (MinIO, Ceph, R2). Unset: Amazon S3 of the region.',
  }),
  s3Region: text('S3_REGION', {
    section: 'lake',
    fallback: 'us-east-1',
    pattern: '^[A-Za-z0-9-]{1,64}$',
    expects: 'letters, digits and dashes',
    doc: 'Region of the bucket.',
  }),
  s3AccessKeyId: text<string | null>('S3_ACCESS_KEY_ID', {
    section: 'lake',
    fallback: null,
    pattern: '^[\\x21-\\x7e]+$',
    expects: 'printable characters without blanks',
    doc: 'The key that goes with `S3_SECRET_ACCESS_KEY`. Unset: whatever the machine gives (`AWS_ACCESS_KEY_ID`, a profile, a role of the instance).',
  }),
  s3SecretAccessKey: secret(
    text<string | null>('S3_SECRET_ACCESS_KEY', {
      section: 'lake',
      fallback: null,
      pattern: '^[\\x21-\\x7e]+$',
      expects: 'printable characters without blanks',
      doc: 'Its secret. docs/lake.md says which rights it needs.',
    }),
  ),
} as const
