/**
 * Whether a tag of this text comes back as it was. Line protocol has no way to write a line break or an empty text in a tag, nor a backslash
 * before what has to be escaped or at the end.
 */
export function fitsTag(text: string): boolean {
  return text !== '' && !UNFIT.test(text)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is about
const UNFIT = /[\u0000-\u001f\u007f]|\\(?:[,= \\]|$)/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is about
const CONTROLS = /[\u0000-\u001f\u007f]+/g
const SPECIAL = /[,= ]/
const SPECIALS = /[,= ]/g

/** The nearest text that a tag can hold, null where nothing is left of it. */
export function nearestTag(text: string): string | null {
  const nearest = text
    .replace(CONTROLS, ' ')
    .replace(/\\+(?=[,= \\]|$)/g, '')
    .trim()
  return nearest === '' ? null : nearest
}

/** A tag's or field's name, or a tag's value that `fitsTag`, as line protocol has it. */
export function escapeTag(text: string): string {
  return SPECIAL.test(text) ? text.replace(SPECIALS, '\\$&') : text
}

export function escapeMeasurement(name: string): string {
  return name.replace(/[, ]/g, '\\$&')
}

/** Any text as the value of a field, in quotes. */
export function quoteField(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}

/** A name in InfluxQL. */
export function quoteName(name: string): string {
  return `"${name.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

/** A text in InfluxQL. */
export function quoteText(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&').replaceAll('\n', '\\n')}'`
}
