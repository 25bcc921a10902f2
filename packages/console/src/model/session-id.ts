const letters = 'abcdefghijkmnpqrstuvwxyz23456789'

/**
 * An id for a new session: its title in a form that fits a link, and a tail that no other one has.
 *
 * @param random - eight random bytes
 */
export function newSessionId(title: string, random: Uint8Array): string {
  const slug = title
    .normalize('NFKD')
    .replaceAll(/[̀-ͯ]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  const tail = Array.from(random, (byte) => letters[byte % letters.length]).join('')
  return slug === '' ? `session-${tail}` : `${slug}-${tail}`
}
