/**
 * npm run bench -- tokens [--sessions 200] [--subscribers 2] [--rate 50] [--seconds 20] [--rounds 3] [--no-lower]
 *   [--json FILE]
 *
 * Agents stream tokens into many sessions while readers follow them: time from publishing an event to each reader
 * having it, and what that costs the server. A peer that falls behind is measured again at the largest number of sessions
 * that it keeps up with, and so is ours; `--no-lower` leaves that out.
 */
import { compare } from './tokens/compare.ts'

await compare({ sessions: 200, subscribers: 2, rate: 50, seconds: 20 })
