// Starts four clones at once, as a process of its own: `node start-clones.ts FOLDER ORIGIN NAME`. Prints their first ports.
import path from 'node:path'
import process from 'node:process'
import { createClones, openVault } from '@headrace/factory'

const [, , folder = '', origin = '', who = ''] = process.argv
const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin, base: 'main' })
await vault.refresh()
const clones = createClones({ folder: path.join(folder, 'floor'), vault, now: () => Date.now() })
const started = await Promise.all([0, 1, 2, 3].map((n) => clones.start({ id: `${who}-${n}`, lane: 'bugs' })))
console.log(JSON.stringify(started.map(({ ports }) => ports.from)))
