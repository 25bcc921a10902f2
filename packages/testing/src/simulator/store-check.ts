/** What is in the store in the end is the log without what was redacted, and everything that is made of it. */
import { isRaw, queryWords, splitKey } from '@headrace/core'
import { difference } from './link-audit.ts'
import { confidences } from './secrets.ts'
import type { History } from './history.ts'
import type { World } from './world.ts'

const all = { maxEvents: 1_000_000, maxChars: 1_000_000_000 }

export async function checkStore(world: World): Promise<void> {
  for (const history of world.journal.histories) {
    if (history.redacted.length === 0) continue
    const wrong =
      (await wrongEvents(world, history)) ?? (await wrongStates(world, history)) ?? (await wrongWords(world, history))
    if (wrong !== undefined) return world.journal.fail('redacted-is-gone', `${history.key}: ${wrong}`)
  }
}

/** Of what is not there any more, a compaction must have been allowed to drop it. */
async function wrongEvents({ store }: World, history: History): Promise<string | undefined> {
  const stored = new Map((await store.read(history.key, 0, all)).map((text) => [seqOf(text), text]))
  const floor = await store.floor(history.key)
  for (const event of history.events) {
    const text = stored.get(event.seq)
    const left = history.left(event.seq)
    if (text === undefined ? event.seq > floor || !isRaw(event) : text !== JSON.stringify(left))
      return `event ${event.seq} is stored as ${text}, and ${JSON.stringify(left)} is left of it`
  }
  return undefined
}

function seqOf(text: string): number {
  return (JSON.parse(text) as { readonly seq: number }).seq // every event has it
}

/** States are what the log without the content folds to. From the last redaction on that is the state that was. */
async function wrongStates({ store }: World, history: History): Promise<string | undefined> {
  const floor = await store.floor(history.key)
  const atFloor = await store.floorSnapshot(history.key)
  if ((atFloor?.seq ?? 0) !== floor) return `the floor is ${floor}, and the state there is of ${atFloor?.seq}`
  for (const [what, snapshot] of [
    ['at the floor', atFloor],
    ['of the newest snapshot', await store.getSnapshot(history.key)],
  ] as const) {
    if (!snapshot) continue
    const left = history.stateLeft(snapshot.seq)
    if (snapshot.state !== JSON.stringify(left))
      return `the state ${what}, ${snapshot.seq}, is not the fold of what is left: ${difference(JSON.parse(snapshot.state), left)}`
  }
  return undefined
}

async function wrongWords({ store }: World, history: History): Promise<string | undefined> {
  const { tenant, session } = splitKey(history.key)
  for (const word of history.redacted.flatMap(({ content }) => confidences(content))) {
    const { hits } = await store.search({ tenant, words: queryWords(word), limit: 100 })
    if (hits.some((hit) => hit.session === session)) return `a message is found by ${word}`
  }
  return undefined
}
