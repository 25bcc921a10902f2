// A gate that is killed in the middle: `node at-work.ts FLOOR MARKER` prints where it works, and does not end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { markerName, openScratch } from '@headrace/factory'

const [, , floor = '', marker = ''] = process.argv
const scratch = await openScratch(floor)
await scratch.with(async (place) => {
  writeFileSync(path.join(place, 'half'), '')
  const env = { PATH: '/usr/bin:/bin', HOME: path.join(place, 'home'), [markerName]: marker }
  const test = spawn(process.execPath, ['-e', 'setInterval(Object, 1e6)'], { env, detached: true, stdio: 'ignore' })
  await once(test, 'spawn')
  process.stdout.write(place)
  await once(test, 'exit')
})
