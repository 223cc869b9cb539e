import { Ajv, type JSONSchemaType } from 'ajv'
import { messageOf } from '../../core/errors.ts'
import { GROUPS, type Group } from '../roles.ts'
import { damaged } from './backup-errors.ts'

/** How far a view's table was: the next offset of each partition of its topic. */
export interface ViewPosition {
  readonly view: string
  /** Identity of the topic that the rows are from. */
  readonly topicId: string
  /** Of the view's topic, null where the log could not be asked. */
  readonly generation: number | null
  readonly nextOffsets: readonly number[]
}

export interface TableCount {
  readonly schema: string
  readonly table: string
  readonly rows: number
}

/** What stands beside a dump. All of it is of the moment that the dump is of. */
export interface BackupManifest {
  readonly format: 1
  /** ISO 8601, UTC. */
  readonly madeAt: string
  /** Version of windrow. */
  readonly windrow: string
  /** `version` as `server_version_num` says it: 150014. */
  readonly server: { readonly version: number; readonly database: string; readonly login: string }
  /** Version of pg_dump, and its major one. */
  readonly program: { readonly version: string; readonly major: number }
  readonly dump: { readonly file: string; readonly bytes: number; readonly sha256: string }
  readonly tables: readonly TableCount[]
  readonly views: readonly ViewPosition[]
  /** Roles that own something in the database. */
  readonly owners: readonly string[]
  /** Those and the roles that rights and policies name; a dump has no roles in it. */
  readonly roles: readonly string[]
  /** Whether `windrow access setup` had been run, and who of others was a member of its groups. */
  readonly access: { readonly members: readonly { readonly role: string; readonly group: Group }[] } | null
}

const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 0 } as const
const texts = { type: 'array', items: text } as const
const object = <T extends object>(properties: T) =>
  ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: true }) as const

const schema = object({
  format: { type: 'integer', const: 1 },
  madeAt: text,
  windrow: text,
  server: object({ version: count, database: text, login: text }),
  program: object({ version: text, major: count }),
  dump: object({ file: text, bytes: count, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } }),
  tables: { type: 'array', items: object({ schema: text, table: text, rows: count }) },
  views: {
    type: 'array',
    items: object({
      view: text,
      topicId: text,
      generation: { type: 'integer', nullable: true },
      nextOffsets: { type: 'array', items: count },
    }),
  },
  owners: texts,
  roles: texts,
  access: {
    type: 'object',
    nullable: true,
    properties: {
      members: {
        type: 'array',
        items: object({ role: text, group: { type: 'string', enum: Object.keys(GROUPS) } }),
      },
    },
    required: ['members'],
  },
}) as unknown as JSONSchemaType<BackupManifest>

const isManifest = new Ajv({ allowUnionTypes: true }).compile(schema)

export const manifestPath = (dump: string): string => `${dump}.json`

export const manifestText = (manifest: BackupManifest): string => `${JSON.stringify(manifest, null, 2)}\n`

/** Throws WR_BACKUP_DAMAGED for what is no manifest, or one of a later form. `path` is told. */
export function parseManifest(path: string, content: string): BackupManifest {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw damaged(path, `it is no JSON: ${messageOf(error)}`, error)
  }
  if (isManifest(value)) return value
  const [first] = isManifest.errors ?? []
  throw damaged(path, `it is no manifest of a backup: ${first?.instancePath ?? ''} ${first?.message ?? ''}`)
}
