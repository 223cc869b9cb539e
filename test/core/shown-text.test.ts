import { expect, test } from 'vitest'
import { sentence, shownText } from '../../src/core/shown-text.ts'

test('What nobody sees, or what turns the direction, is written as its number', () => {
  expect(shownText('a\u202Eb\u0007\u200B\u{E0041}\n')).toBe('a\\u{202E}b\\u{0007}\\u{200B}\\u{E0041}\\u{000A}')
  expect(shownText('Zürich 東京 नमस्ते')).toBe('Zürich 東京 नमस्ते')
})

test('A sentence has one full stop', () => {
  expect(['a', 'a.', 'a?', 'a…'].map(sentence)).toEqual(['a.', 'a.', 'a?', 'a…'])
})
