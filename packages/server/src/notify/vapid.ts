import { object, string, type Schema } from '@headrace/core'
import type { SystemLog } from '../system-log.ts'
import { systemKey } from '../system-session.ts'

/** The key pair by which push services know this server (RFC 8292). */
export interface VapidKeys {
  readonly publicKey: string
  readonly privateKey: string
}

const vapidKeys: Schema<VapidKeys> = object({
  publicKey: string({ min: 1, max: 256 }),
  privateKey: string({ min: 1, max: 256 }),
})

/** A tenant that only the server writes to: `~` is in no id that a door accepts. */
const key = systemKey('headrace', 'vapid')

/** The keys of this installation, made at the first use and kept in its store. */
export function createVapid(log: SystemLog): () => Promise<VapidKeys> {
  let known: Promise<VapidKeys> | undefined
  const load = async (): Promise<VapidKeys> => {
    const [first] = (await log.read(key)).entries
    if (first) return vapidKeys.parse(first.value)
    // Loaded where Web Push is used, so that servers without it start as fast as before.
    const { default: webPush } = await import('web-push')
    // Two servers may make keys at the same moment: the first ones in the log count.
    await log.append(key, 'first', { name: 'vapid', value: { ...webPush.generateVAPIDKeys() } })
    return load()
  }
  return () => {
    known ??= load().catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }
}
