import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  addDemoBacklog,
  createGit,
  demoFaults,
  demoFloor,
  followDemo,
  makeDemoRepository,
  markedProcesses,
  openFloor,
} from '../src/index.ts'
import { SessionsServer } from './support/sessions-server.ts'

test(
  'F1 F1f F2 F3 G1 the demo’s backlog is worked off: good work is merged, bad work is not, and the base is green',
  { timeout: 180_000 },
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'headrace-demo-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const origin = path.join(folder, 'pebble')
    await makeDemoRepository(origin)
    await using server = new SessionsServer()
    const config = demoFloor({ seed: 1 })
    const errors: string[] = []
    const floor = await openFloor({
      name: 'demo',
      ...server.reach,
      folder: path.join(folder, 'floor'),
      origin,
      base: 'main',
      config: () => config,
      onError: (error) => void errors.push(error.message),
    })
    const client = await server.client('ada')
    await addDemoBacklog({ client, sessions: floor.sessions })
    const signal = AbortSignal.timeout(170_000)
    const seen: string[] = []
    const end = await followDemo({
      client,
      sessions: floor.sessions,
      signal,
      onTask: (task) => {
        const last = task.attempts.at(-1)
        seen.push(`${task.id} ${task.state.status} ${last ? `${last.outcome}: ${last.why}` : ''}`)
        if (process.env['SHOW']) console.log(seen.at(-1))
      },
    }).catch((error: unknown) => {
      throw new Error(`not worked off: ${String(error)}\n${seen.join('\n')}\n${errors.join('\n')}`)
    })
    expect(demoFaults(end)).toEqual([])
    const git = createGit({ gitDir: path.join(origin, '.git') })
    const log = await git.text(['log', '--first-parent', '--format=%s', 'main'])
    expect(log.split('\n').length).toBe(7)
    const clones = await floor.clones.list()
    await floor.close()
    for (const { marker } of clones) expect(await markedProcesses(marker)).toEqual([])
    expect(errors).toEqual([])
  },
)
