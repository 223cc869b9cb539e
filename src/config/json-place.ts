import jsonc, { type Node, type ParseError } from 'jsonc-parser'

/** A text of JSON that knows where everything in it stands. */
export interface PlacedJson {
  /** Undefined where the text is no JSON. */
  readonly value: unknown
  /** What keeps it from being JSON, and names that an object has twice. */
  readonly faults: ReadonlyArray<{ readonly line: number; readonly problem: string }>
  /** The 1-based line of what is at the path (or of the nearest thing around it). With `name`, that of the object's property. */
  lineOf(path: ReadonlyArray<string | number>, name?: string): number
}

const words: Readonly<Record<string, string>> = {
  InvalidCommentToken: 'JSON has no comments',
  CommaExpected: 'a comma is missing',
  ColonExpected: 'a colon is missing',
  PropertyNameExpected: 'a name in double quotes is missing, or there is a comma too many',
  ValueExpected: 'a value is missing, or there is a comma too many',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'something follows the end of the document',
  UnexpectedEndOfString: 'a double quote is missing at the end of a text',
  InvalidSymbol: 'a word stands there that is none of true, false and null; texts need double quotes',
  InvalidNumberFormat: 'a number is not written as JSON wants it',
}

/** Reads a text of JSON. Never throws. */
export function placedJson(text: string): PlacedJson {
  // Editors on Windows put a byte-order mark there.
  const plain = text.replace(/^\uFEFF/, '')
  const errors: ParseError[] = []
  const root = jsonc.parseTree(plain, errors, { disallowComments: true })
  const lineAt = (offset: number): number => plain.slice(0, offset).split('\n').length
  const first = errors[0]
  const faults = first === undefined ? [] : [{ line: lineAt(first.offset), problem: problemOf(first) }]
  if (root !== undefined && first === undefined) faults.push(...twins(root, lineAt))
  if (root === undefined && faults.length === 0) faults.push({ line: 1, problem: 'it is empty' })

  return {
    value: root === undefined || first !== undefined ? undefined : jsonc.getNodeValue(root),
    faults,
    lineOf: (path, name) => {
      if (root === undefined) return 1
      const full = name === undefined ? path : [...path, name]
      for (let length = full.length; length >= 0; length--) {
        const node = jsonc.findNodeAtLocation(root, full.slice(0, length))
        if (node !== undefined) return lineAt(node.parent?.type === 'property' ? node.parent.offset : node.offset)
      }
      return 1
    },
  }
}

function problemOf({ error }: ParseError): string {
  const code = jsonc.printParseErrorCode(error)
  return words[code] ?? `it is no JSON (${code})`
}

function twins(node: Node, lineAt: (offset: number) => number): Array<{ line: number; problem: string }> {
  const found = (node.children ?? []).flatMap((child) => twins(child, lineAt))
  if (node.type !== 'object') return found
  const seen = new Set<unknown>()
  for (const property of node.children ?? []) {
    const name = property.children?.[0]?.value as unknown
    if (seen.has(name)) found.push({ line: lineAt(property.offset), problem: `${JSON.stringify(name)} is there twice` })
    seen.add(name)
  }
  return found
}
