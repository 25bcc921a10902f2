/** What agents say in every phase: 40 characters an update, without end. */
import { writeFileSync } from 'node:fs'

export const said = 'A line that an agent says to nobody here.'

/** A script that says so `rate` times a second, as well as timers keep it. */
export const talk = (rate: number) => ({
  turns: [[{ do: 'say' as const, text: said, times: 1_000_000 }]],
  paceMs: Math.round(1_000 / rate),
})

/** Answers SIGUSR2 with how many updates there were so far: one line of JSON. */
export function tellUpdates(count: () => number): void {
  process.on('SIGUSR2', () => writeFileSync(1, `${JSON.stringify({ updates: count() })}\n`))
}
