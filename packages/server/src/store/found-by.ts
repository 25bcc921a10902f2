/** Whether a message has all of some words, and a word that begins with the last one. */
export function isFoundBy(words: readonly string[], asked: readonly string[]): boolean {
  const whole = asked.slice(0, -1)
  const beginning = asked.at(-1) ?? ''
  return whole.every((word) => words.includes(word)) && words.some((word) => word.startsWith(beginning))
}
