import type { Message, Run } from '@headrace/core'
import { groupTurns, type Turn } from './turns.ts'

/** So many messages at the end are grouped each time; those before them only when something in them has changed. */
const tailMessages = 100

/** What does not change while text streams at the end. No message and no run beyond it belongs to a turn in it. */
interface Head {
  readonly messages: readonly Message[]
  readonly runs: readonly Run[]
  readonly keys: ReadonlySet<string>
  readonly turns: readonly Turn[]
}

const noHead: Head = { messages: [], runs: [], keys: new Set(), turns: [] }

/** {@link groupTurns} for a session that grows at its end: a step costs the same in a long session as in a short one. */
export function createTurnGrouper(): (messages: readonly Message[], runs: readonly Run[]) => readonly Turn[] {
  let head = noHead
  let last: readonly Turn[] = []
  return (messages, runs) => {
    if (!stillHolds(head, messages, runs) || messages.length - head.messages.length > 2 * tailMessages)
      head = makeHead(messages, runs, last)
    const tail = groupTurns(
      messages.slice(head.messages.length),
      runs.filter(({ input }) => !head.keys.has(input)),
      last.slice(head.turns.length),
    )
    const turns = [...head.turns, ...tail]
    if (turns.length !== last.length || turns.some((turn, index) => turn !== last[index])) last = turns
    return last
  }
}

function stillHolds(
  { messages: before, runs, keys }: Head,
  messages: readonly Message[],
  allRuns: readonly Run[],
): boolean {
  if (before.some((message, index) => message !== messages[index])) return false
  const own = allRuns.filter(({ input }) => keys.has(input))
  if (own.length !== runs.length || own.some((run, index) => run !== runs[index])) return false
  for (let index = before.length; index < messages.length; index += 1) {
    const message = messages[index]
    if (message && keys.has(turnOf(message))) return false
  }
  return true
}

function makeHead(messages: readonly Message[], runs: readonly Run[], before: readonly Turn[]): Head {
  const cut = cutOf(messages)
  if (cut === 0) return noHead
  const own = messages.slice(0, cut)
  const keys = new Set(own.map(turnOf))
  const ownRuns = runs.filter(({ input }) => keys.has(input))
  return { messages: own, runs: ownRuns, keys, turns: groupTurns(own, ownRuns, before) }
}

/** Where the tail begins: not within a turn. */
function cutOf(messages: readonly Message[]): number {
  const begins = new Map<string, number>()
  for (const [index, message] of messages.entries()) {
    const key = turnOf(message)
    if (!begins.has(key)) begins.set(key, index)
  }
  let cut = Math.max(0, messages.length - tailMessages)
  // What is still written, however long ago it was begun.
  for (const message of messages) if (message.status === 'open') cut = Math.min(cut, begins.get(turnOf(message)) ?? cut)
  for (let index = messages.length - 1; index >= cut; index -= 1) {
    const message = messages[index]
    if (message) cut = Math.min(cut, begins.get(turnOf(message)) ?? cut)
  }
  return cut
}

function turnOf(message: Message): string {
  return message.run === undefined ? message.id : (message.parent ?? message.id)
}
