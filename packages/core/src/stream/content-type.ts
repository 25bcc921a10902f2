/** What a stream holds when nobody says what. */
export const defaultContentType = 'application/octet-stream'

/** Type and subtype, without parameters and in lower case: what decides whether two content types are the same. */
export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

/** The content type that a header asks for; `undefined` where it asks for none, or says nothing that is one. */
export function readContentType(header: string | undefined): string | undefined {
  return header !== undefined && /^[\w-]+\/[\w-]/.test(header) ? header : undefined
}

/** A stream of JSON keeps messages; any other keeps bytes. */
export function isJsonType(contentType: string): boolean {
  return mediaType(contentType) === 'application/json'
}

/** Whether content can be sent as text; the rest goes as base64 where only text can go. */
export function isTextType(contentType: string): boolean {
  return isJsonType(contentType) || mediaType(contentType).startsWith('text/')
}
