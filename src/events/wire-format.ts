/** Bytes before the Avro body: 0x00 and the schema's id, 4 bytes big-endian (Confluent wire format). */
export const WIRE_HEADER_BYTES = 5
export const WIRE_MAGIC = 0

/** Writes the header at `position`. */
export function writeWireHeader(bytes: Uint8Array, position: number, schemaId: number): void {
  bytes[position] = WIRE_MAGIC
  bytes[position + 1] = schemaId >>> 24
  bytes[position + 2] = schemaId >>> 16
  bytes[position + 3] = schemaId >>> 8
  bytes[position + 4] = schemaId
}

/** The schema's id, -1 when the bytes are not in the wire format. */
export function schemaIdOf(bytes: Uint8Array): number {
  if (bytes.byteLength < WIRE_HEADER_BYTES || bytes[0] !== WIRE_MAGIC) return -1
  const id = ((bytes[1] as number) << 24) | ((bytes[2] as number) << 16) | ((bytes[3] as number) << 8) | (bytes[4] as number)
  return id >>> 0
}
