/** What an expression of PromQL asks for: metrics with the labels they are chosen by, and the labels it groups and joins by. */
export interface ExpressionNames {
  readonly selectors: ReadonlyArray<{ readonly metric: string; readonly labels: readonly string[] }>
  readonly grouping: readonly string[]
}

const KEYWORDS = new Set([
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'by',
  'on',
  'without',
  'ignoring',
  'group_left',
  'group_right',
])
const GROUPING = /\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/g
/** A name and its selector; not a function, which a bracket follows, nor a duration or number, which begin with a digit. */
const SELECTOR = /(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()(?:\s*\{([^}]*)\})?/g

const list = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** Enough of PromQL's grammar for our rules: no braces within label values. */
export function expressionNames(expression: string): ExpressionNames {
  const grouping = [...expression.matchAll(GROUPING)].flatMap((found) => list(found[1] ?? ''))
  const rest = expression.replace(GROUPING, ' ')
  const selectors = [...rest.matchAll(SELECTOR)]
    .filter(([, name]) => !KEYWORDS.has(name as string))
    .map(([, metric, matchers = '']) => ({
      metric: metric as string,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"/g)].map((found) => found[1] as string),
    }))
  return { selectors, grouping }
}
