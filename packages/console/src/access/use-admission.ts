import { connect, type Client } from '@headrace/client'
import { useSyncExternalStore } from 'react'
import { deviceLabel } from '../model/device-label.ts'
import { access } from './access.ts'
import { SlowSocket } from './slow-socket.ts'
import { serverUrl } from './server-url.ts'

/** A way into the server. */
export interface Admission {
  readonly token: string
  readonly client: Client
}

let current: Admission | undefined

/** The client for the token of this tab: one at a time, closed when the token changes. */
function currentAdmission(): Admission | undefined {
  const token = access.get()
  if (token === current?.token) return current
  void current?.client.close()
  current = token === undefined ? undefined : { token, client: open(token) }
  return current
}

function open(token: string): Client {
  return connect({ url: serverUrl(), token, label: deviceLabel(navigator.userAgent), WebSocket: SlowSocket })
}

export function useAdmission(): Admission | undefined {
  return useSyncExternalStore(access.subscribe, currentAdmission)
}
