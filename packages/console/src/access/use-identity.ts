import { useConnection } from '@headrace/client/react'
import { actorId, type Actor } from '@headrace/core'
import { useState } from 'react'

export interface Identity {
  readonly actor: Actor
  readonly name: string
}

/** Who reads, once the server has said so. Kept through a lost connection: a reader stays who they are. */
export function useIdentity(): Identity | undefined {
  const status = useConnection()
  const [known, setKnown] = useState<Identity>()
  if (status.state !== 'online') return known
  const { actor, name = actorId(actor) } = status
  if (known?.actor === actor && known.name === name) return known
  const identity = { actor, name }
  setKnown(identity)
  return identity
}
