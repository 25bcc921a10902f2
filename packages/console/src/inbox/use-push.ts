import { useHeadrace } from '@headrace/client/react'
import { HeadraceError } from '@headrace/core'
import { useCallback, useEffect, useState } from 'react'
import { deviceLabel } from '../model/device-label.ts'

/**
 * - `unknown`: being looked at.
 * - `none`: this browser can't, or the server does not push.
 * - `blocked`: the reader has told the browser not to ask.
 */
export type PushState = 'unknown' | 'none' | 'off' | 'on' | 'blocked'

export interface Push {
  readonly state: PushState
  readonly refused: string | undefined
  readonly turn: (on: boolean) => void
}

/** Whether this device is told of what waits while the page is closed, and how to change that. */
export function usePush(): Push {
  const client = useHeadrace()
  const [state, setState] = useState<PushState>('unknown')
  const [key, setKey] = useState<string>()
  const [refused, setRefused] = useState<string>()
  useEffect(() => {
    let over = false
    const look = async (): Promise<void> => {
      const worker = await workerHere()
      const publicKey = worker && (await client.pushKey().catch(() => undefined))
      if (!worker || publicKey === undefined) return void (over || setState('none'))
      const subscription = await worker.pushManager.getSubscription()
      if (over) return
      setKey(publicKey)
      setState(Notification.permission === 'denied' ? 'blocked' : subscription ? 'on' : 'off')
    }
    void look()
    return () => {
      over = true
    }
  }, [client])
  const turn = useCallback(
    (on: boolean) => {
      const change = async (): Promise<PushState> => {
        const worker = await workerHere()
        if (!worker || key === undefined) return 'none'
        if (!on) {
          const subscription = await worker.pushManager.getSubscription()
          if (subscription) {
            await client.unsubscribePush(subscription.endpoint)
            await subscription.unsubscribe()
          }
          return 'off'
        }
        if ((await Notification.requestPermission()) !== 'granted') return 'blocked'
        const { endpoint, keys } = (
          await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
        ).toJSON()
        const { p256dh = '', auth = '' } = keys ?? {}
        await client.subscribePush({
          endpoint: endpoint ?? '',
          keys: { p256dh, auth },
          label: deviceLabel(navigator.userAgent),
        })
        return 'on'
      }
      setRefused(undefined)
      change().then(setState, (thrown: unknown) => setRefused(HeadraceError.from(thrown).message))
    },
    [client, key],
  )
  return { state, refused, turn }
}

/** The page's service worker, where the browser has one that can be pushed to. */
async function workerHere(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator) || !('PushManager' in globalThis)) return undefined
  return navigator.serviceWorker.getRegistration()
}
