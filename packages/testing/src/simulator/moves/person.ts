/** A move of somebody who looks at a session. */
import type { SessionView } from '@headrace/core'
import type { Device } from '../device.ts'
import type { Move } from '../move.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'

export interface Place {
  readonly device: Device
  readonly id: string
  /** What the device shows. */
  readonly view: SessionView
}

/** Somebody who looks at a session, on one device. */
export function person(
  name: string,
  share: number,
  act: (place: Place, random: Random, world: World) => string | undefined,
): Move {
  return {
    name,
    share,
    act(world, random) {
      const device = random.pick(world.devices.filter((other) => !other.isClosed))
      const id = random.pick(world.sessions)
      if (!device || id === undefined) return undefined
      const view = device.session(id).getSnapshot().view
      const done = act({ device, id, view }, random, world)
      return done === undefined ? undefined : `${device.name} (${device.actor}) in ${id}: ${done}`
    },
  }
}

const words = ['hello', 'again', 'wait', 'why', 'ok'] as const

export function say(random: Random): string {
  return `${random.pick(words)} ${random.below(10_000)}`
}
