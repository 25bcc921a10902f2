import { connect, type Client } from '@headrace/client'
import { deviceLabel } from '../model/device-label.ts'
import { openShelf, type Shelf } from '../offline/shelf.ts'
import { access } from './access.ts'
import { SlowSocket } from './slow-socket.ts'
import { serverUrl } from './server-url.ts'

/** A way into the server. */
export interface Admission {
  readonly token: string
  readonly client: Client
  /** What this browser keeps for whoever has the token. */
  readonly shelf: Shelf
}

let current: Admission | undefined

/** The client for the token of this tab: one at a time, closed when the token changes. */
export function currentAdmission(): Admission | undefined {
  const token = access.get()
  if (token === current?.token) return current
  void current?.client.close()
  current?.shelf.clear()
  current = token === undefined ? undefined : open(token)
  return current
}

function open(token: string): Admission {
  const shelf = openShelf(token)
  const client = connect({
    url: serverUrl(),
    token,
    label: deviceLabel(navigator.userAgent),
    WebSocket: SlowSocket,
    outbox: { storage: shelf.outbox },
  })
  return { token, client, shelf }
}
