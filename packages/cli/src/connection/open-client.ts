import type { HeadraceError } from '@headrace/core'
import { connect, type Client } from '@headrace/client'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
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
  try {
    await firstConnection(client, target.url)
    return client
  } catch (thrown) {
    await client.close()
    throw thrown
  }
}

function tokenNow(options: TargetOptions): string | undefined {
  try {
    return findTarget(options).token
  } catch {
    return undefined // between two servers
  }
}

function firstConnection(client: Client, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const { status } = client
      if (status.state === 'connecting') return
      stop()
      if (status.state === 'online') resolve()
      else reject(status.error && !isNetwork(status.error) ? status.error : unreachable(url, status.error))
    }
    const stop = client.onStatus(look)
    look()
  })
}

function isNetwork(error: HeadraceError): boolean {
  return error.code === 'connection_lost' || error.code === 'closed'
}

function unreachable(url: string, cause: HeadraceError | undefined): Problem {
  const text = `No server answers at ${url}. Start one with \`headrace serve\`, or name another with --url.`
  return new Problem(exitCode.unreachable, text, { cause })
}
