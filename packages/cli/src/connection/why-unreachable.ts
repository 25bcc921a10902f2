/** An answer that takes longer is none. */
const answerMs = 3_000

/** What to say where HTTP gets through and WebSockets do not. */
export const onlyHttp = 'it answers HTTP, and no WebSocket comes through; a proxy between has to pass on Upgrade'

const byCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'its name could not be looked up just now',
  EHOSTUNREACH: 'no way leads there from this machine',
  ENETUNREACH: 'no way leads there from this machine',
  EACCES: 'this machine does not allow it',
  ETIMEDOUT: 'nothing comes back from there',
  UND_ERR_CONNECT_TIMEOUT: 'nothing comes back from there',
  UND_ERR_HEADERS_TIMEOUT: 'it takes the connection and says nothing',
  ECONNRESET: 'it ends the connection',
  UND_ERR_SOCKET: 'it ends the connection: try https',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https: try http',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak https: try http',
  EPROTO: 'it does not speak https: try http',
}

/**
 * Asks by HTTP what stands where no WebSocket could be opened: that gives no reason in any runtime.
 *
 * @returns half a sentence, such as `nothing listens there`; `undefined` where a Headrace server answers
 */
export async function whyUnreachable(
  url: string,
  { timeoutMs = answerMs }: { readonly timeoutMs?: number } = {},
): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/v1/me`, { signal: AbortSignal.timeout(timeoutMs) })
    const told: unknown = await answer.json().catch(() => undefined)
    const isOurs = typeof told === 'object' && told !== null && ('error' in told || 'actor' in told)
    return isOurs ? undefined : `what answers is no Headrace server (HTTP ${answer.status})`
  } catch (thrown) {
    return ofFailure(thrown)
  }
}

function ofFailure(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return byCode['UND_ERR_HEADERS_TIMEOUT'] ?? ''
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  const known = byCode[code]
  if (known !== undefined) return known
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return `its certificate is not trusted (${code})`
  return cause instanceof Error && cause.message !== '' ? cause.message : String(thrown)
}
