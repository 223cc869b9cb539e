/** A Confluent-compatible registry as windrow needs it. `schema` is the JSON text of an Avro schema. */
export interface SchemaRegistry {
  /** The id of the schema under the subject; the same text (in canonical form) gives the same id on every call and every process. */
  register(subject: string, schema: string): Promise<number>
  /** The schema's text; null when nobody registered that id. Answers from its cache without waiting where it can. */
  schemaById(id: number): Promise<string | null>
  /** All versions of a subject, oldest first, empty when there is none. */
  versions(subject: string): Promise<ReadonlyArray<{ readonly version: number; readonly id: number; readonly schema: string }>>
  subjects(): Promise<readonly string[]>
}
