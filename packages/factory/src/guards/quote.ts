/** A line as evidence: at most 200 characters, without what would move a cursor or turn the text around. */
export function quote(text: string): string {
  const plain = text.trim().replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u{${code.toString(16)}}`
  })
  return plain.length > 200 ? `${plain.slice(0, 199)}…` : plain
}
