/**
 * Whether a host name or address to bind to, or to connect to, is this machine alone. Names other than `localhost` are
 * not: where they lead is not ours to say.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (bare === 'localhost' || bare === '::1') return true
  return /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(bare)
}
