// @ts-check
import { el } from './dom.js'

/**
 * A part of a section, with what it is about.
 * @param {string} title
 * @param {import('./dom.js').Child | import('./dom.js').Child[]} what
 * @param {...import('./dom.js').Child} children
 */
export function block(title, what, ...children) {
  return el(
    'section',
    { class: 'block' },
    el('header', {}, el('h2', {}, title), el('p', { class: 'muted' }, ...[what].flat())),
    ...children,
  )
}
