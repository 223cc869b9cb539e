/** The Avro form of rows: its schema, the writer and the reader. */
export { type RowDecoder, rowDecoder } from './row-decoder.ts'
export { rowEncoder } from './row-encoder.ts'
export { rowSchema } from './row-schema.ts'
