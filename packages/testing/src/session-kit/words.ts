/** Words that say which they are, so that one that is missing or there twice shows. */
export function words(count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => `w${from + index} `)
}
