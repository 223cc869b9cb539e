/** A body of SQL as a constant between dollar signs, whatever names are in it. */
export function dollarQuoted(body: string): string {
  let tag = '$windrow$'
  for (let i = 1; body.includes(tag); i++) tag = `$windrow${i}$`
  return `${tag}\n${body.trim()}\n${tag}`
}
