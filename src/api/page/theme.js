// @ts-check
import { byId } from './dom.js'

const dark = matchMedia('(prefers-color-scheme: dark)')
/** @type {Set<() => void>} */
const listeners = new Set()

const current = () => document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')

function label() {
  const other = current() === 'dark' ? 'light' : 'dark'
  byId('theme').setAttribute('aria-label', `Use the ${other} theme`)
  byId('theme').setAttribute('title', `Use the ${other} theme`)
}

function changed() {
  label()
  for (const listener of listeners) listener()
}

/** Lets the button switch between light and dark, and remembers the choice where the browser allows it. */
export function startTheme() {
  label()
  dark.addEventListener('change', changed)
  byId('theme').addEventListener('click', () => {
    const theme = current() === 'dark' ? 'light' : 'dark'
    document.documentElement.dataset.theme = theme
    try {
      localStorage.setItem('windrow-theme', theme)
    } catch {
      // Storage is forbidden here: the choice lasts as long as the page.
    }
    changed()
  })
}

/**
 * Charts draw with the theme's colours, so they have to draw again.
 * @param {() => void} listener
 * @returns {() => void} Ends it.
 */
export function onThemeChange(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * The value of a custom property, for instance `--blue`.
 * @param {string} name
 */
export function themeColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
