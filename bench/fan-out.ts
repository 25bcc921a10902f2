/**
 * npm run bench -- fan-out [--subscribers 1000] [--rate 50] [--seconds 10] [--rounds 3] [--systems a,b] [--json FILE]
 *
 * One session that many people watch: what each delivery costs the server, and how late it comes.
 */
import { compare } from './tokens/compare.ts'

await compare({ sessions: 1, subscribers: 1_000, rate: 50, seconds: 10 })
