import type { Client } from '@headrace/client'
import { processOutput } from '../terminal/console.ts'
import { watchConnection } from './watch-connection.ts'

/**
 * Waits for an answer through outages, telling of them, and gives up only when no connection can help any more.
 *
 * @throws HeadraceError of the answer, or why the server takes no more connections from us
 */
export async function keepWaiting<T>(client: Client, answer: Promise<T>): Promise<T> {
  let stop: () => void = () => undefined
  const lost = new Promise<never>((_resolve, reject) => {
    stop = watchConnection(client, { say: processOutput.err, fail: reject })
  })
  try {
    return await Promise.race([answer, lost])
  } finally {
    stop()
  }
}
