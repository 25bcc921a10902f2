import { claimable, textOf, type Message, type Run } from '@headrace/core'

/** A run that waits because its agent has earlier work in the session. */
export interface QueueEntry {
  readonly run: string
  readonly agent: string
  /** The beginning of what was asked. */
  readonly snippet: string
}

const snippetChars = 80

export function queueOf(runs: readonly Run[], messages: readonly Message[]): readonly QueueEntry[] {
  return runs
    .filter((run) => run.status === 'queued' && !claimable({ runs }, run))
    .map((run) => {
      const input = messages.find((message) => message.id === run.input)
      return { run: run.id, agent: run.agent, snippet: input ? snippet(textOf(input)) : '' }
    })
}

/** One line of a text, cut between characters as people see them. */
export function snippet(text: string, chars = snippetChars): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= chars ? line : `${Array.from(line.slice(0, chars)).slice(0, -1).join('')}…`
}
