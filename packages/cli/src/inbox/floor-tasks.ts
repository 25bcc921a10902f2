import type { Client } from '@headrace/client'
import { HeadraceError } from '@headrace/core'
import { floorOf, floorPlace } from '@headrace/factory/floor'
import { viewOf } from '../connection/with-client.ts'
import { needsOf, type Need } from '../factory/needs-of.ts'

/** A task of a floor that needs a person, and where it stands. */
export interface FloorTask extends Need {
  readonly session: string
  readonly title: string | undefined
}

/** Floors are looked for among so many sessions, those that changed last. */
const maxSessions = 1_000

/** What waits for a person on the floors that the token may read. */
export async function floorTasks(client: Client): Promise<readonly FloorTask[]> {
  const { rows } = await client.sessions({ limit: maxSessions })
  const floors = rows.filter(({ id }) => floorPlace(id)?.part === 'floor')
  const found = await Promise.all(
    floors.map(async ({ id, metadata: { title } }) => {
      const tasks = needsOf(floorOf(await documentOf(client, id)))
      return tasks.map((task) => ({ ...task, session: id, title: typeof title === 'string' ? title : undefined }))
    }),
  )
  return found.flat()
}

/** `undefined` for a floor that was removed after it was listed. */
async function documentOf(client: Client, id: string): Promise<unknown> {
  try {
    return (await viewOf(client.session(id))).document.value
  } catch (thrown) {
    if (thrown instanceof HeadraceError && thrown.code === 'session_not_found') return undefined
    throw thrown
  }
}
