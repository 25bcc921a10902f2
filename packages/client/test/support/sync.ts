import type { Client } from '@headrace/client'
import { until } from './until.ts'
import type { ScriptedPeer } from './scripted-server.ts'

let count = 0

/** Resolves when the client has handled everything that the peer has sent so far. */
export function sync(client: Client, peer: ScriptedPeer): Promise<void> {
  const node = `sync-${(count += 1)}`
  peer.welcome({ node })
  return until(() => client.status.state === 'online' && client.status.node === node, client.onStatus)
}

/** Checks that the client has sent nothing that the test has not taken. */
export async function quiet(client: Client, peer: ScriptedPeer): Promise<void> {
  await sync(client, peer)
  const answer = client.session('barrier').cancel({ own: true })
  const command = await peer.next('command')
  if (command.session !== 'barrier') throw new Error(`expected nothing, got ${JSON.stringify(command)}`)
  peer.accept(command, 1)
  await answer
}
