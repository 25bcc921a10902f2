/** Appends one event to an embedded store, says so, and stands still. Argument: directory. */
import process from 'node:process'
import { openEmbeddedStore } from '@headrace/server/store/embedded'

const [directory = ''] = process.argv.slice(2)
const store = await openEmbeddedStore({ directory, reserveBytes: 0 })
await store.append('acme!once', 0, { events: [JSON.stringify({ seq: 1 })] })
process.stdout.write(`acknowledged by ${process.pid}\n`)
process.kill(process.pid, 'SIGSTOP')
