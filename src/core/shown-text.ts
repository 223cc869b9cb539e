/** Control characters, line separators, and those that nobody sees or that turn the direction of what follows. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** A text for people in which every character can be seen: others are written as `\u{202E}`. */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}}`)
}

/** A sentence with the full stop that it may have already. */
export function sentence(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`
}
