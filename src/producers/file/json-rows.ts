import { WindrowError } from '../../core/errors.ts'
import { type Line, LineSplitter } from './byte-lines.ts'
import { brokenFault, type FileFault, type FilePart, type FileRow, MAX_ROW_BYTES, tooLongFault } from './file-rows.ts'
import { type JsonPart, JsonSplitter } from './json-parts.ts'

/** The rows of a file with one JSON object a line; empty lines are skipped. */
export async function* jsonLineRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FilePart> {
  const lines = new LineSplitter(MAX_ROW_BYTES)
  const row = jsonRowReader()
  const partOf = ({ number, bytes, tooLong }: Line): FilePart =>
    tooLong === null ? row(number, bytes) : tooLongFault(number, bytes, tooLong)
  const isEmpty = (line: Line): boolean => line.tooLong === null && line.bytes.every((byte) => byte === 0x20 || byte === 0x09)
  for await (const chunk of chunks) for (const line of lines.push(chunk)) if (!isEmpty(line)) yield partOf(line)
  const last = lines.end()
  if (last !== null && !isEmpty(last)) yield partOf(last)
}

/**
 * The rows of a JSON document: the objects in its outermost array or in the arrays of its outermost object (of `arrays` where
 * given), and the object's other properties. What is whole is read, also of a document that breaks off; then it throws
 * WR_FILE_TRUNCATED. Throws WR_FILE_FORMAT where the file is no JSON document with an array.
 */
export async function* jsonRows(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  arrays?: readonly string[],
): AsyncGenerator<FilePart> {
  const splitter = new JsonSplitter(MAX_ROW_BYTES)
  const row = jsonRowReader()
  let elements = 0
  const partOf = (part: JsonPart): FilePart | null => {
    if (part.isElement && arrays !== undefined && part.name !== '' && !arrays.includes(part.name)) return null
    if (part.isElement) elements += 1
    if (part.tooLong !== null) return part.isElement ? tooLongFault(part.line, part.bytes, part.tooLong) : null
    return part.isElement ? row(part.line, part.bytes) : propertyOf(part)
  }
  for await (const chunk of chunks) {
    for (const part of splitter.push(chunk)) {
      const found = partOf(part)
      if (found !== null) yield found
    }
    if (splitter.isForeign) break
  }
  if (splitter.isForeign) throw notJson(path, 'it begins with neither [ nor {')
  if (splitter.isWhole) {
    if (elements === 0 && !splitter.sawArray) throw notJson(path, 'it has no array of readings')
    return
  }
  const rest = splitter.end()
  const message = 'the file ends in the middle'
  if (rest !== null) yield truncatedFault(rest, message)
  throw new WindrowError('WR_FILE_TRUNCATED', {
    message: `The file ${path} ends in the middle of its JSON; the ${elements} whole elements before were read.`,
    remedy: 'Fetch or write the file again, whole, and produce it once more: what was published is not published twice.',
    facts: { path, elements },
    canRetry: true,
  })
}

function truncatedFault(part: JsonPart, message: string): FileFault {
  return {
    kind: 'fault',
    line: part.line,
    columns: null,
    bytes: part.bytes,
    tooLong: part.tooLong,
    code: 'WR_FILE_TRUNCATED',
    message,
  }
}

function propertyOf(part: JsonPart): FilePart | null {
  try {
    return { kind: 'property', name: part.name, value: JSON.parse(Buffer.from(part.bytes).toString('utf8')) as unknown }
  } catch {
    return brokenFault(part.line, part.bytes, `the property ${JSON.stringify(part.name)} is not JSON`)
  }
}

function notJson(path: string, problem: string): WindrowError {
  return new WindrowError('WR_FILE_FORMAT', {
    message: `The file ${path} is no JSON document of readings: ${problem}.`,
    remedy:
      'Look into the file: an error page or another format is often saved under such a name. Give --format where it is another.',
    kind: 'usage',
    facts: { path },
  })
}

/** Reads objects; those with the same names in the same order share their columns. */
function jsonRowReader(): (line: number, bytes: Uint8Array) => FileRow | FileFault {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const known = new Map<string, readonly string[]>()
  return (line, bytes) => {
    let value: unknown
    try {
      value = JSON.parse(decoder.decode(bytes))
    } catch (error) {
      return brokenFault(line, bytes, error instanceof SyntaxError ? `not JSON: ${error.message.slice(0, 200)}` : 'not UTF-8')
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return brokenFault(line, bytes, 'not a JSON object')
    const names = Object.keys(value)
    const signature = JSON.stringify(names)
    let columns = known.get(signature)
    if (columns === undefined) {
      if (known.size >= 1000) known.clear()
      columns = names
      known.set(signature, columns)
    }
    return { kind: 'row', line, columns, cells: Object.values(value), bytes: () => bytes }
  }
}
