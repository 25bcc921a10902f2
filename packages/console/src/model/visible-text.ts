/**
 * Text that can't hide anything: what an agent wants to do is shown as it is, also where it holds characters that are
 * invisible, turn the direction of writing, or push the rest out of sight.
 */
export function visibleText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      character === '\n' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    )
    .replaceAll(/ {9,}/g, (spaces) => ` …${spaces.length} spaces… `)
    .replaceAll(/\n{4,}/g, (lines) => `\n…${lines.length} empty lines…\n`)
}
