/** What a floor costs while agents talk, against the same agents with nobody there. */
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startNode, type Child } from '../lib/child.ts'
import { usageOf } from '../lib/processes.ts'

export interface StreamingOptions {
  readonly lanes: number
  /** Updates a second of each agent. */
  readonly rate: number
  readonly seconds: number
  readonly warmUp: number
  /** A folder for this phase alone. */
  readonly folder: string
  /** A repository with a branch `main`. */
  readonly origin: string
}

/** Of one phase, for each second of it. */
export interface Streamed {
  readonly updates: number
  /** CPU seconds of everything: agents, and whatever reads them. */
  readonly cpu: number
  readonly server: number
  /** Without the agents, which are its children. */
  readonly crew: number
  readonly serverBytes: number
  readonly crewBytes: number
}

const secret = 'a secret of the bench, and of nothing else'

export async function toNothing(options: StreamingOptions): Promise<Streamed> {
  const { lanes, rate, folder } = options
  await using reader = await startNode(new URL('./nothing.ts', import.meta.url), [
    JSON.stringify({ lanes, rate, folder }),
  ])
  return await measure(options, { crew: reader })
}

export async function toFloor(options: StreamingOptions): Promise<Streamed> {
  const { lanes, rate, folder, origin } = options
  mkdirSync(folder, { recursive: true })
  const serve = ['serve', '--port', '0', '--json', '--data', path.join(folder, 'data'), '--auth-secret', secret]
  await using server = await startNode(new URL('../../packages/cli/src/bin.ts', import.meta.url), serve)
  const { url } = JSON.parse(server.line) as { readonly url: string } // of `headrace serve --json`
  const told = JSON.stringify({ url, secret, folder: path.join(folder, 'floor'), origin, lanes, rate })
  await using crew = await startNode(new URL('./crew.ts', import.meta.url), [told])
  return await measure(options, { crew, server })
}

interface Measured {
  readonly crew: Child
  readonly server?: Child
}

async function measure({ seconds, warmUp }: StreamingOptions, { crew, server }: Measured): Promise<Streamed> {
  await wait(warmUp * 1_000)
  const look = async () => ({
    at: performance.now(),
    updates: await updatesOf(crew),
    all: usageOf(server ? [crew.pid, server.pid] : [crew.pid]),
    crew: usageOf([crew.pid], { alone: true }),
    server: usageOf(server ? [server.pid] : []),
  })
  const before = await look()
  await wait(seconds * 1_000)
  const after = await look()
  const took = (after.at - before.at) / 1_000
  return {
    updates: (after.updates - before.updates) / took,
    cpu: (after.all.cpuSeconds - before.all.cpuSeconds) / took,
    server: (after.server.cpuSeconds - before.server.cpuSeconds) / took,
    crew: (after.crew.cpuSeconds - before.crew.cpuSeconds) / took,
    serverBytes: after.server.rssBytes,
    crewBytes: after.crew.rssBytes,
  }
}

async function updatesOf({ process: child }: Child): Promise<number> {
  const { stdout } = child
  if (!stdout) throw new Error('its output is a pipe')
  child.kill('SIGUSR2')
  const [line] = (await once(stdout, 'data')) as [Buffer]
  return (JSON.parse(String(line)) as { readonly updates: number }).updates
}
