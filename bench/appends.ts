/**
 * npm run bench -- appends [--sessions 1000] [--outstanding 16] [--seconds 10] [--rounds 3] [--systems a,b] [--json FILE]
 *
 * As many events as a system takes: each session always has some under way, and its next one is published when one of
 * them has come back to its reader. `--sessions 1` is one session alone. "delivered/s" is what to look at; times are those
 * of a full queue.
 */
import { compare } from './tokens/compare.ts'

await compare({ sessions: 1_000, subscribers: 1, outstanding: 16, sessionsPerConnection: 50, seconds: 10 })
