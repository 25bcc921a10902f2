import type { Message, Run } from '@headrace/core'

/** What one run made of an input: its messages so far, which may be none. */
export interface Answer {
  readonly key: string
  readonly agent: string
  /** Absent when the session has forgotten the run: it keeps the newest that ended. */
  readonly run: Run | undefined
  readonly messages: readonly Message[]
}

/** One agent's place under an input: its newest answer, and those it gave before. */
export interface Slot {
  readonly agent: string
  readonly current: Answer
  readonly earlier: readonly Answer[]
}

/** A message and what agents answer to it. */
export interface Turn {
  readonly key: string
  /** Absent when it has not been loaded: it is older than the page. */
  readonly input: Message | undefined
  readonly slots: readonly Slot[]
}

/**
 * Groups a session into turns, in the order of the log.
 *
 * @param messages - oldest first
 * @param runs - those of the view
 * @param before - the last result: what is equal is reused, so that a component sees by identity what changed
 */
export function groupTurns(
  messages: readonly Message[],
  runs: readonly Run[],
  before: readonly Turn[] = [],
): readonly Turn[] {
  const inputs = new Map<string, Message | undefined>()
  const answers = new Map<string, Map<string, Message[]>>()
  for (const message of messages) {
    if (message.run === undefined) {
      inputs.set(message.id, message)
    } else {
      const input = message.parent ?? message.id
      if (!inputs.has(input)) inputs.set(input, undefined)
      const byRun = entry(answers, input, () => new Map<string, Message[]>())
      entry(byRun, message.run, () => []).push(message)
    }
  }
  // A run that has written nothing yet still has its place. One whose input is not loaded shows only while it is open.
  for (const run of runs) {
    if (!inputs.has(run.input) && run.status === 'ended') continue
    if (!inputs.has(run.input)) inputs.set(run.input, undefined)
    entry(
      entry(answers, run.input, () => new Map<string, Message[]>()),
      run.id,
      () => [],
    )
  }
  const runById = new Map(runs.map((run) => [run.id, run]))
  // Answers keep the order in which they were asked for, whoever begins to write first.
  const asked = new Map(runs.map((run, index) => [run.id, index]))
  const place = ([id]: readonly [string, unknown]): number => asked.get(id) ?? -1
  const old = new Map(before.map((turn) => [turn.key, turn]))
  const turns = [...inputs].map(([key, input]) => {
    const inOrder = [...(answers.get(key) ?? [])].toSorted((a, b) => place(a) - place(b))
    const all = inOrder.map(([id, own]) => answerOf(id, runById.get(id), own))
    return reuseTurn(old.get(key), { key, input, slots: slotsOf(all) })
  })
  return turns.length === before.length && turns.every((turn, index) => turn === before[index]) ? before : turns
}

function answerOf(key: string, run: Run | undefined, messages: readonly Message[]): Answer {
  const author = messages[0]?.author
  const agent = run?.agent ?? author?.slice(author.indexOf(':') + 1) ?? ''
  return { key, agent, run, messages }
}

function slotsOf(answers: readonly Answer[]): readonly Slot[] {
  const byAgent = new Map<string, Answer[]>()
  for (const answer of answers) entry(byAgent, answer.agent, () => []).push(answer)
  return [...byAgent].flatMap(([agent, all]) => {
    const current = all.at(-1)
    return current ? [{ agent, current, earlier: all.slice(0, -1) }] : []
  })
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

function reuseTurn(old: Turn | undefined, turn: Turn): Turn {
  if (!old) return turn
  const slots = turn.slots.map((slot, index) => reuseSlot(old.slots[index], slot))
  return old.input === turn.input && same(old.slots, slots) ? old : { ...turn, slots }
}

function reuseSlot(old: Slot | undefined, slot: Slot): Slot {
  if (old?.agent !== slot.agent) return slot
  const current = reuseAnswer(old.current, slot.current)
  const earlier = slot.earlier.map((answer, index) => reuseAnswer(old.earlier[index], answer))
  return current === old.current && same(old.earlier, earlier) ? old : { ...slot, current, earlier }
}

function reuseAnswer(old: Answer | undefined, answer: Answer): Answer {
  return old?.key === answer.key && old.run === answer.run && same(old.messages, answer.messages) ? old : answer
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
