/** A column that only the table in Postgres has: windrow neither writes nor compares it. */
export interface ExtraColumn {
  readonly column: string
  /** Type and generation or default, as in CREATE TABLE. It must need no value from an INSERT. */
  readonly definition: string
  readonly comment: string
}

/** By the name of the view. */
export type ViewExtras = Readonly<Record<string, readonly ExtraColumn[]>>

/** What SQL users expect of some tables beyond the columns of the view. */
export const defaultExtras: ViewExtras = {
  weather_data: [
    {
      column: 'temp',
      definition: 'double precision GENERATED ALWAYS AS ("temperature") STORED',
      comment: 'The same as temperature. Unit: Cel',
    },
  ],
  energies: [
    {
      column: 'created_at',
      definition: 'timestamp with time zone DEFAULT now()',
      comment: 'When this row was first written here: says nothing about the readings.',
    },
  ],
}
