/** What a child prints for `next` and `all`. */
export function say(kind: string, facts: object = {}): void {
  process.stdout.write(`${JSON.stringify({ kind, ...facts })}\n`)
}
