import { systemClock, type Client, type Clock } from '@headrace/client'
import { isNetwork } from './is-network.ts'
import { onlyHttp, whyUnreachable } from './why-unreachable.ts'

export interface SilenceOptions {
  readonly url: string
  readonly say: (line: string) => void
  /** Default: {@link whyUnreachable}. */
  readonly why?: (url: string) => Promise<string | undefined>
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** So long a person takes it for slow. */
const patienceMs = 4_000
/** How often it is asked again whether the reason is still the same. */
const againMs = 10_000

/**
 * A client tries for ever, which is right for a program, and looks like nothing to a person who gave a wrong address. Says
 * after some seconds without a connection what is tried and why it fails: once, and again when that changes.
 */
export function explainSilence(client: Client, options: SilenceOptions): void {
  const { url, say, why = whyUnreachable, clock = systemClock } = options
  let cancel: (() => void) | undefined
  let told: string | undefined
  let isThere = false

  async function tell(): Promise<void> {
    const asked = cancel
    const { status } = client
    const error = status.state === 'offline' ? status.error : undefined
    const found = error && !isNetwork(error) ? error.message.replace(/\.$/, '') : await why(url)
    // It is online or closed by now.
    if (cancel === undefined || cancel !== asked) return
    // A server that has just come is connected to at the next attempt.
    const reason = found ?? (isThere ? onlyHttp : told)
    isThere = found === undefined
    if (reason !== told) say(`Still no connection to ${url}: ${reason}. Trying on; Ctrl-C ends it.`)
    told = reason
    cancel = clock.after(againMs, () => void tell())
  }

  const look = (): void => {
    const { state } = client.status
    if (state === 'connecting' || state === 'offline') {
      cancel ??= clock.after(patienceMs, () => void tell())
      return
    }
    cancel?.()
    cancel = undefined
    told = undefined
  }
  client.onStatus(look)
  look()
}
