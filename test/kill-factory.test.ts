/**
 * The demo's floor while its processes are killed at random points: the server with all sessions, the crew with foreman, desk,
 * gate and runner, and agents. Kills and pauses follow from a seed; what was interrupted where does not, so a run is repeated
 * with the same seed and not step by step.
 */
import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '@headrace/testing'
import { expect, test } from 'vitest'
import { connect } from '@headrace/client'
import type { Json } from '@headrace/core'
import {
  addDemoBacklog,
  checkBase,
  demoFaults,
  demoFloor,
  emptyFloor,
  findSandbox,
  floorOf,
  floorSessions,
  followDemo,
  makeDemoRepository,
  openVault,
  processesOf,
  type Task,
} from '@headrace/factory'
import { createSecretAuth } from '@headrace/server'
import { ServerProcess, lines, script } from './support/server.ts'

const seed = Number(process.env['HEADRACE_SEED'] ?? 5)
const kills = Number(process.env['HEADRACE_KILLS'] ?? 5)
const secret = 'a secret that is long enough for tests only'

/** The crew as a process that can be killed and started again. */
class CrewProcess {
  readonly #args: readonly string[]
  readonly said: string[] = []
  #child: ChildProcess | undefined

  constructor(args: readonly string[]) {
    this.#args = args
  }

  /** Starts it. What it does before it is ready is killed as well, so nobody waits for that. */
  start(): void {
    const child = script('factory-crew.ts', this.#args)
    this.#child = child
    void (async () => {
      const printed = lines(child)
      for (let line = await printed.next(); !line.done; line = await printed.next()) this.said.push(line.value)
    })()
  }

  get isDead(): boolean {
    const child = this.#child
    return child !== undefined && (child.exitCode !== null || child.signalCode !== null)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (!child || this.isDead) return
    const dead = once(child, 'exit')
    child.kill('SIGKILL')
    await dead
  }
}

test(
  `F7c: ${kills} × kill -9 of server, crew and agents: every task comes to its end, none twice, and nothing is left (seed ${seed})`,
  { timeout: 180_000 + kills * 60_000 },
  async () => {
    const random = seeded(seed)
    const counts = { server: 0, crew: 0, agent: 0 }
    for (let round = 1; counts.server + counts.crew + counts.agent < kills; round += 1) {
      await play(random, counts, round)
    }
  },
)

type Counts = Record<'server' | 'crew' | 'agent', number>

async function play(random: () => number, counts: Counts, round: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'headrace-kills-'))
  const origin = path.join(folder, 'pebble')
  const floorFolder = path.join(folder, 'floor')
  await makeDemoRepository(origin)
  const auth = createSecretAuth(secret)
  const sessions = floorSessions('main')
  const server = new ServerProcess(path.join(folder, 'sessions'), ['--auth-secret', secret])
  await server.start()
  const op = ['read', 'post', 'send', 'control', 'write-as-agent'] as const
  const tokens = Object.fromEntries(
    await Promise.all(
      Object.values(sessions.crew).map(async (agent) => [
        agent,
        await auth.mint({ sub: agent, kind: 'agent', cap: [{ s: 'factory/main/**', op }], agents: [agent] }, 3_600),
      ]),
    ),
  ) as Readonly<Record<string, string>>
  const operator = await auth.mint(
    { sub: 'ada', kind: 'operator', cap: [{ s: '**', op: [...op, 'answer', 'admin'] }], agents: ['*'] },
    3_600,
  )
  const crewProcess = new CrewProcess([server.url, floorFolder, origin, String(seed + round), JSON.stringify(tokens)])
  crewProcess.start()
  const client = connect({ url: server.url, token: operator, backoff: { minMs: 20, maxMs: 300 } })
  const over = new AbortController()
  const timeline: string[] = []
  const deadline = AbortSignal.timeout(180_000 + kills * 50_000)
  try {
    const floor = client.session(sessions.floor)
    await floor.until(({ status }) => status === 'live', { signal: deadline })
    // What is to be parked in the end needs no third try here.
    const twice = { ...emptyFloor, maxAttempts: 2 } as unknown as Json
    await floor.patch([{ op: 'add', path: '', value: twice }])
    await addDemoBacklog({ client, sessions })
    const began = performance.now()
    const note = (line: string): void =>
      void timeline.push(`${((performance.now() - began) / 1_000).toFixed(1)} ${line}`)
    const onTask = ({ id, state, attempts }: Task): void => {
      note(`${id} ${state.status} ${state.status === 'working' ? state.attempt : (attempts.at(-1)?.why ?? '')}`)
    }
    const worked = followDemo({ client, sessions, signal: deadline, onTask }).finally(() => over.abort())
    worked.catch(() => undefined)
    while (counts.server + counts.crew + counts.agent < kills && !over.signal.aborted) {
      await sleep(200 + random() * 2_500, undefined, { signal: over.signal }).catch(() => undefined)
      if (over.signal.aborted) break
      const choice = random()
      if (choice < 0.25) {
        note('server')
        await server.kill()
        counts.server += 1
        await server.start()
      } else if (choice < 0.75) {
        note('crew')
        await crewProcess.kill()
        counts.crew += 1
        crewProcess.start()
      } else {
        const agents = (await processesOf(floorFolder)).filter(({ command }) => command.includes('scripted'))
        const victim = agents[Math.floor(random() * agents.length)]
        if (!victim) continue
        try {
          process.kill(victim.pid, 'SIGKILL')
          counts.agent += 1
          note(`agent ${victim.pid}`)
        } catch {
          // It ended by itself.
        }
      }
    }
    const document = await worked.catch(() => floorOf(floor.getSnapshot().view.document.value))
    const errors = crewProcess.said.filter((line) => line.includes('error')).slice(-20)
    const story = ['', ...timeline, ...errors, JSON.stringify(document.tasks)].join('\n')
    expect(demoFaults(document), story).toEqual([])
    const vault = await openVault({ folder: path.join(floorFolder, 'vault.git'), origin, base: 'main' })
    await vault.refresh()
    const sandbox = await findSandbox()
    const gate = demoFloor({ seed }).lanes[0]?.landing.gate
    if (!gate) throw new Error('the demo has lanes')
    const commits = await checkBase({ vault, gate, sandbox, demand: 'preferred', scratch: folder })
    expect(
      commits.filter(({ green }) => !green),
      story,
    ).toEqual([])
    const merged = commits.flatMap(({ change }) => (change === undefined ? [] : [change.split('-')[0] ?? '']))
    const done = Object.values(document.tasks).filter(({ state }) => state.status === 'done')
    expect(merged.toSorted(), story).toEqual(done.map(({ id }) => id.toLowerCase()).toSorted())
    expect(await processesOf(folder), story).toEqual([])
  } finally {
    await client.close()
    await crewProcess.kill()
    await server.kill()
    await rm(folder, { recursive: true, force: true })
  }
}
