import { parseRoute } from '../route/route.ts'
import { currentAdmission } from './admission.ts'

/**
 * Connects, and follows the session that the address leads to until it leads elsewhere: what draws it finds it there, or
 * on its way.
 *
 * @returns resolves when the session is there, or there is none to wait for
 */
export async function followEarly(): Promise<void> {
  const client = currentAdmission()?.client
  const route = parseRoute(location.hash)
  if (!client || route.page !== 'session') return
  const { id, at, inspect, ledger } = route
  try {
    // As its page will: whoever only looks back or around is not shown as present.
    const session = client.session(id, { present: at === undefined && !inspect && !ledger })
    addEventListener(
      'hashchange',
      session.subscribe(() => {}),
      { once: true },
    )
    await session.until(({ status }) => status !== 'loading')
  } catch {
    // No session can have such an id, or nobody is let in: the page says so.
  }
}
