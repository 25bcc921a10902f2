/**
 * npm run bench -- flame [--bench tokens] [--svg docs/performance/flame.svg] [--from 3000]
 *
 * Where the time of our server's main thread goes in a bench: runs it for headrace alone with a CPU profiler in the server,
 * and draws a flame graph of it. The profiler itself costs some percent. `--from` leaves out so many milliseconds of its
 * start.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { Profiler } from 'node:inspector'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { flame } from './lib/flame.ts'
import { withTempDirectory } from './lib/temp.ts'

const { values } = parseArgs({
  options: {
    bench: { type: 'string', default: 'tokens' },
    svg: { type: 'string', default: fileURLToPath(new URL('../docs/performance/flame.svg', import.meta.url)) },
    from: { type: 'string', default: '3000' },
  },
})

await withTempDirectory(async (directory) => {
  const file = path.join(directory, 'server.cpuprofile')
  const bench = fileURLToPath(new URL(`${values.bench}.ts`, import.meta.url))
  const args = [
    '--systems',
    'headrace',
    '--seconds',
    '8',
    '--warm-up',
    '3',
    '--rounds',
    '1',
    '--retries',
    '0',
    '--no-lower',
  ]
  const child = spawn(process.execPath, ['--conditions=@headrace/source', bench, ...args], {
    stdio: 'inherit',
    env: { ...process.env, BENCH_CPU_PROFILE: file },
  })
  const [code] = (await once(child, 'exit')) as [number | null] // by its documentation
  if (code !== 0) throw new Error(`The bench ${values.bench} failed.`)
  const profile = JSON.parse(await readFile(file, 'utf8')) as Profiler.Profile // written by lib/cpu-profile.ts
  const title = `Main thread of the server in the bench "${values.bench}", time in which it was busy`
  await writeFile(values.svg, flame(profile, { title, fromMs: Number(values.from) }))
})
