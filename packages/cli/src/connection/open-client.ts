import type { HeadraceError } from '@headrace/core'
import { connect, type Client } from '@headrace/client'
import { processOutput } from '../terminal/console.ts'
import { explainSilence } from './explain-silence.ts'
import { isNetwork } from './is-network.ts'
import { noServer } from './no-server.ts'
import { findTarget, type TargetOptions } from './target.ts'

/**
 * A client that is connected. The first connection must succeed, so that a wrong address is told at once; later ones are
 * tried for ever.
 *
 * @throws Problem when no server answers
 * @throws HeadraceError when the server refuses the token
 */
export async function openClient(options: TargetOptions): Promise<Client> {
  const target = findTarget(options)
  const client = connect({
    url: target.url,
    // A server that was started again may have left another token in its file.
    token: target.fromFile ? () => tokenNow(options) ?? target.token : target.token,
    client: 'headrace-cli',
    // What goes wrong with the connection shows in its status; what is left are defects.
    onError: (error) => error.code === 'internal' && processOutput.err(`warning: ${error.message}`),
  })
  explainSilence(client, { url: target.url, say: processOutput.err })
  const refused = await firstConnection(client)
  if (!refused) return client
  await client.close()
  throw refused.error && !isNetwork(refused.error) ? refused.error : await noServer(target.url, refused.error, options)
}

function tokenNow(options: TargetOptions): string | undefined {
  try {
    return findTarget(options).token
  } catch {
    return undefined // between two servers
  }
}

/** Resolves with why there is none. */
function firstConnection(client: Client): Promise<{ readonly error: HeadraceError | undefined } | undefined> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { status } = client
      if (status.state === 'connecting') return
      stop()
      resolve(status.state === 'online' ? undefined : { error: status.error })
    }
    const stop = client.onStatus(look)
    look()
  })
}
