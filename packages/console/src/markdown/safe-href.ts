const allowed = new Set(['http:', 'https:', 'mailto:'])

/**
 * The one gate for addresses that come out of a session. Gives the address in its normal form when it is an absolute
 * http, https or mailto one, and undefined for everything else: javascript:, data:, file:, app schemes, relative paths
 * (which would lead into this console), and addresses with a user name that only dresses up the host.
 */
export function safeHref(href: string): string | undefined {
  let url: URL
  try {
    url = new URL(href)
  } catch {
    return undefined
  }
  if (!allowed.has(url.protocol) || url.username !== '' || url.password !== '') return undefined
  return url.href
}

/** How a link's destination reads in short: its host, or the mail address. */
export function hostOf(href: string): string {
  const url = new URL(href)
  return url.protocol === 'mailto:' ? url.pathname : url.host.replace(/^www\./, '')
}
