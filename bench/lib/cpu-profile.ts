// Preloaded into a server (`--import`): writes a CPU profile to the file that BENCH_CPU_PROFILE names when the server is
// told to stop. `--cpu-prof` writes none where a program ends itself by a signal.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.start')
process.prependListener('SIGTERM', () => {
  session.post('Profiler.stop', (error, { profile }) => {
    if (error === null)
      writeFileSync(process.env['BENCH_CPU_PROFILE'] ?? 'headrace.cpuprofile', JSON.stringify(profile))
  })
})
