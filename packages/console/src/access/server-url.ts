/** The server is where the page came from: its folder, without the fragment. */
export function serverUrl(): string {
  return new URL('.', location.href).href.replace(/\/$/, '')
}
