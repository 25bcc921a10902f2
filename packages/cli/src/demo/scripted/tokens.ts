const token = /\s*\p{L}{1,7}|\s*\p{N}{1,3}|\s*[^\s\p{L}\p{N}]{1,3}|\s+/gu

/** Text cut into pieces about as long as a model's tokens. Joined they are the text again. */
export function toTokens(text: string): readonly string[] {
  return text.match(token) ?? []
}
