/**
 * Loaded by every server of a campaign: Node writes what it has compiled when a process ends, and a server that is killed
 * never does. So the next one, and that is hundreds of them, would compile everything anew.
 */
import { flushCompileCache } from 'node:module'

/** Loading takes longer than one of these; what is written already is not written again. */
const everyMs = 500

setInterval(flushCompileCache, everyMs).unref()
