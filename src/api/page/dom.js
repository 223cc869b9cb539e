// @ts-check

/** @typedef {Node | string | number | null | undefined | false} Child */
/**
 * @typedef {object} Attributes
 * @property {string | null} [class]
 * @property {{ [Type in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Type]) => void }} [on]
 */

/**
 * Makes an element. An attribute that is null, undefined or false is left out, true is written without a value.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes & Record<string, any>} attributes
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener)
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value))
    }
  }
  element.append(...present(children.flat()))
  return element
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return children.flatMap((child) =>
    child === null || child === undefined || child === false ? [] : [typeof child === 'number' ? String(child) : child],
  )
}

/**
 * Puts the children in place of what the element has.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...present(children.flat()))
}

/**
 * Changes the text only where it differs, so that nothing is announced or selected anew.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/**
 * The element of the page with the id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no element #${id}.`)
  return element
}

/**
 * Draws anew without losing how far tables were scrolled aside, and which of them, or which link in them, has the focus.
 * @param {Element} element
 * @param {() => void} draw
 */
export function keepPlaces(element, draw) {
  const active = document.activeElement
  const link = active instanceof HTMLAnchorElement && element.contains(active) ? active.getAttribute('href') : null
  const frames = () => [...element.querySelectorAll('.table-frame')]
  const name = (/** @type {Element} */ frame) => frame.getAttribute('aria-label')
  const scrolled = new Map(frames().map((frame) => [name(frame), frame.scrollLeft]))
  const focused = frames().find((frame) => frame === document.activeElement)
  draw()
  for (const frame of frames()) {
    frame.scrollLeft = scrolled.get(name(frame)) ?? 0
    if (focused !== undefined && frame instanceof HTMLElement && name(frame) === name(focused))
      frame.focus({ preventScroll: true })
  }
  if (link === null) return
  const links = [...element.querySelectorAll('a')]
  links.find((each) => each.getAttribute('href') === link)?.focus({ preventScroll: true })
}

/**
 * Runs `draw` soon, but not more often than every so many milliseconds however often it is asked for.
 * @param {() => void} draw
 * @param {number} everyMs
 */
export function throttled(draw, everyMs) {
  let timer = 0
  let last = Number.NEGATIVE_INFINITY
  return {
    ask() {
      if (timer !== 0) return
      timer = window.setTimeout(
        () => {
          timer = 0
          last = performance.now()
          draw()
        },
        Math.max(0, last + everyMs - performance.now()),
      )
    },
    cancel() {
      clearTimeout(timer)
      timer = 0
    },
  }
}
