/**
 * The link into the web page. The token travels behind the `#`, which browsers send to no server, so it is in no log.
 *
 * @param session - where the link leads
 */
export function linkOf(url: string, token: string | undefined, session?: string): string {
  if (token === undefined) return `${url}/`
  const fragment = new URLSearchParams({ token, ...(session !== undefined && { session }) })
  return `${url}/#${fragment.toString()}`
}
