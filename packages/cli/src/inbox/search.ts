import type { FoundMessage } from '@headrace/core'
import { withClient } from '../connection/with-client.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { formatDuration } from '../terminal/duration.ts'
import { plainLine } from '../terminal/plain.ts'

export interface SearchOptions extends TargetOptions {
  readonly limit: number
  readonly json?: boolean
}

/** Prints the messages that have all of the words, the newest first. */
export async function search(
  words: readonly string[],
  options: SearchOptions,
  output: Output = processOutput,
): Promise<void> {
  const query = words.join(' ')
  const hits = await withClient(options, async (client) => {
    const found: FoundMessage[] = []
    let cursor: string | undefined
    do {
      const page = await client.search(query, {
        limit: Math.min(100, options.limit - found.length),
        ...(cursor !== undefined && { cursor }),
      })
      found.push(...page.hits)
      cursor = page.cursor
    } while (cursor !== undefined && found.length < options.limit)
    return found
  })
  if (options.json === true) for (const hit of hits) output.out(JSON.stringify(hit))
  else if (hits.length === 0) output.err(`No message has ${words.length === 1 ? 'it' : 'all of these words'}.`)
  else for (const hit of hits) output.out(line(hit, Date.now()))
}

function line({ session, message, author, name, snippet, at }: FoundMessage, now: number): string {
  const who = plainLine(name ?? author, 40)
  return `${session} ${message} ${who}, ${formatDuration(Math.max(0, now - at))} ago: ${plainLine(snippet, 200)}`
}
