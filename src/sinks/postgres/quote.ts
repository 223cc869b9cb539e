/** A name as SQL takes it whatever is in it: `"weather_data"`. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text constant, for where SQL takes no parameter (COMMENT ON). */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  // Without standard_conforming_strings a backslash would begin an escape.
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
