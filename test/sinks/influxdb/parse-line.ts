/** A line of line protocol as InfluxDB reads it; a reading of its own, for tests. */
export interface ParsedLine {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, string | number | boolean>>
  readonly time: number
}

export function parseLine(line: string): ParsedLine {
  const [head = ''] = splitOutside(line, ' ', false)
  const [fields = '', time = '', ...more] = splitOutside(line.slice(head.length + 1), ' ')
  if (more.length > 0) throw new Error(`too many parts: ${line}`)
  const [measurement = '', ...tags] = splitOutside(head, ',', false)
  return {
    measurement: unescaped(measurement),
    tags: Object.fromEntries(tags.map((tag) => splitOutside(tag, '=', false).map(unescaped))),
    fields: Object.fromEntries(
      splitOutside(fields, ',').map((field) => {
        const [name = '', value = ''] = splitOutside(field, '=')
        return [unescaped(name), parseField(value)]
      }),
    ),
    time: Number(time),
  }
}

function parseField(text: string): string | number | boolean {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(["\\])/g, '$1')
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d+i$/.test(text)) return Number(text.slice(0, -1))
  if (!/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) throw new Error(`no number: ${text}`)
  return Number(text)
}

const unescaped = (text: string): string => text.replace(/\\([,= ])/g, '$1')

/** At separators that are neither escaped nor, in fields, in quotes. */
function splitOutside(text: string, separator: string, hasQuotes = true): string[] {
  const parts: string[] = []
  let part = ''
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (character === '\\' && i + 1 < text.length) {
      part += character + text[++i]
      continue
    }
    if (hasQuotes && character === '"') isQuoted = !isQuoted
    if (character === separator && !isQuoted) {
      parts.push(part)
      part = ''
    } else part += character
  }
  return [...parts, part]
}
