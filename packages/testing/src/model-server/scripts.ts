import type { Refusal, Script, Turn } from './script.ts'

/**
 * Answers the first request with the first turn, and so on. What is asked after the last is refused. For clients that ask
 * once for each answer; those that ask again on their own are served by {@link byTag}.
 */
export function inOrder(...turns: readonly (Turn | Refusal)[]): Script {
  let next = 0
  return () => turns[next++] ?? { status: 500, message: `The script has only ${turns.length} turns.` }
}

/**
 * Looks for a `#tag` in the newest prompt. The number of tool results after it picks the turn: so the same request is
 * answered the same way, whoever repeats it. After the last turn of a tag the last is repeated.
 *
 * @param otherwise - what is answered where there is no tag that it knows. Default: `Done.`
 */
export function byTag(
  tags: Readonly<Record<string, readonly (Turn | Refusal)[]>>,
  otherwise: Turn | Refusal = { steps: [{ type: 'text', text: 'Done.' }] },
): Script {
  return ({ prompt, toolResults }) => {
    const found = [...prompt.matchAll(/#([\w-]+)/g)]
      .map(([, tag = '']) => tag)
      .filter((tag) => Object.hasOwn(tags, tag))
    const turns = tags[found.at(-1) ?? ''] ?? []
    return turns[Math.min(stepOf(toolResults.length, turns), turns.length - 1)] ?? otherwise
  }
}

/** Turns with several calls are followed by several results. */
function stepOf(results: number, turns: readonly (Turn | Refusal)[]): number {
  let left = results
  let step = 0
  for (const turn of turns) {
    if (left <= 0) break
    left -= Math.max(1, callsIn(turn))
    step += 1
  }
  return step
}

function callsIn(turn: Turn | Refusal): number {
  if (!('steps' in turn)) return 0
  return turn.steps.reduce((sum, step) => sum + (step.type === 'tools' ? step.calls.length : 0), 0)
}
