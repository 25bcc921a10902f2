import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, type Client } from '@headrace/client'
import type { HeadraceError } from '@headrace/core'
import {
  addDemoBacklog,
  checkBase,
  demoFaults,
  demoFloor,
  floorOf,
  followDemo,
  makeDemoRepository,
  openFloor,
  openOwnFolder,
  processesOf,
  type Floor,
  type FloorDocument,
  type OwnFolder,
} from '@headrace/factory'
import { minter } from '../serve/minter.ts'
import { operator } from '../demo/people.ts'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { linkOf } from '../serve/link.ts'
import { removeServerFile, writeServerFile } from '../serve/server-file.ts'
import { stopOnSignal } from '../serve/shutdown.ts'
import { startServer } from '../serve/start-server.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { crewClaims } from './crew-claims.ts'
import { floorLines } from './status.ts'
import { ownName } from '../terminal/own-name.ts'
import { taskLine } from './tasks.ts'

export interface FactoryDemoOptions {
  readonly port: number
  readonly seed: number
  readonly headless?: boolean
  readonly json?: boolean
  readonly keep?: boolean
}

/** A floor with nothing to do works a minute; one that takes this long hangs. */
const longestMs = 600_000
const tokenSeconds = 86_400

/** One thing that must hold when the demo is over. */
interface Invariant {
  readonly name: string
  readonly held: boolean
  readonly evidence: readonly string[]
}

/** Server, floor, repository and agents in one process. */
export async function factoryDemo(options: FactoryDemoOptions, output: Output = processOutput): Promise<void> {
  const own = await openFolder(options)
  const folder = own.path
  const opened: (() => Promise<unknown>)[] = [() => own.close()]
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      for (const close of opened.reverse()) await close()
    })())
  const began = Date.now()
  const failures: string[] = []
  const onError = (error: HeadraceError): void => void failures.push(`${error.code}: ${error.message}`)
  const data = path.join(folder, 'sessions')
  try {
    const server = await startServer({
      host: '127.0.0.1',
      port: options.headless === true ? 0 : options.port,
      data,
      keys: { type: 'local' },
      outbound: {},
      onError,
    })
    opened.push(() => server.close())
    const mint = minter(server)
    const origin = path.join(folder, 'pebble')
    await makeDemoRepository(origin)
    const config = demoFloor({ seed: options.seed })
    const floor = await openFloor({
      name: 'main',
      url: server.url,
      token: (agent) => mint(crewClaims(agent, 'main'), tokenSeconds),
      folder: path.join(folder, 'floor'),
      origin,
      base: 'main',
      config: () => config,
      onError,
    })
    opened.push(() => floor.close())
    const token = await mint(operator, tokenSeconds)
    const client = connect({ url: server.url, token, client: 'headrace-factory-demo', onError })
    opened.push(() => client.close())
    await addDemoBacklog({ client, sessions: floor.sessions })
    if (options.headless === true)
      return await headless({ options, output, client, floor, folder, began, failures, stop })
    writeServerFile(data, { url: server.url, pid: process.pid, token }, output.err)
    const link = linkOf(server.url, token, floor.sessions.floor)
    const stopped = stopOnSignal({
      stop,
      say: output.err,
      last() {
        removeServerFile(data)
        if (options.keep !== true) removeAtLast(folder)
      },
    })
    if (options.json === true)
      output.out(JSON.stringify({ ready: true, url: server.url, token, pid: process.pid, link, data }))
    else introduce({ output, link, data, origin, keep: options.keep === true })
    const over = new AbortController()
    const stopFollowing = (): void => over.abort()
    stopped.then(stopFollowing, stopFollowing)
    const isQuiet = options.json === true
    const end = await followDemo({
      client,
      sessions: floor.sessions,
      signal: over.signal,
      onTask: (task) => isQuiet || output.out(taskLine(task)),
    }).catch(() => undefined)
    if (end && !isQuiet) for (const line of ['', ...floorLines(end, Date.now())]) output.out(line)
    await stopped
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** What is kept is no process's own: the demos that come later clear that away when its process is gone. */
async function openFolder({ keep }: FactoryDemoOptions): Promise<OwnFolder> {
  if (keep !== true) return openOwnFolder('demo')
  return { path: await mkdtemp(path.join(tmpdir(), 'headrace-factory-')), close: () => Promise.resolve() }
}

/** An attempt that was being made when the floor closed may have written there since; nothing of this process can any more. */
function removeAtLast(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 2 })
  } catch {
    // A process that is just ending is in the way: the next demo clears it away.
  }
}

interface Introduced {
  readonly output: Output
  readonly link: string
  readonly data: string
  readonly origin: string
  readonly keep: boolean
}

function introduce({ output, link, data, origin, keep }: Introduced): void {
  output.out(`The floor is open. Watch it:\n\n  ${link}\n`)
  output.out(`Its repository is ${origin}. In another terminal:\n`)
  for (const command of ['status --watch', 'lane nuke dreamer --reason "It goes in circles"', 'stop']) {
    output.out(`  ${ownName()} factory ${command} --data ${data}`)
  }
  output.out(
    keep ? '\nPress Ctrl-C to stop.\n' : '\nPress Ctrl-C to stop. All of it is removed then; --keep leaves it.\n',
  )
}

interface Played {
  readonly options: FactoryDemoOptions
  readonly output: Output
  readonly client: Client
  readonly floor: Floor
  readonly folder: string
  readonly began: number
  readonly failures: readonly string[]
  readonly stop: () => Promise<void>
}

/** Plays the demo to its end and checks what must hold. */
async function headless({ options, output, client, floor, folder, began, failures, stop }: Played): Promise<void> {
  const { sessions, vault, sandbox } = floor
  const signal = AbortSignal.timeout(longestMs)
  const onTask =
    options.json === true ? {} : { onTask: (task: Parameters<typeof taskLine>[0]) => output.out(taskLine(task)) }
  const document = await followDemo({ client, sessions, signal, ...onTask }).catch((): FloorDocument =>
    floorOf(client.session(sessions.floor).getSnapshot().view.document.value),
  )
  const wallMs = Date.now() - began
  const gate = demoFloor(options).lanes[0]?.landing.gate
  if (!gate) throw new Error('the demo has lanes')
  const commits = await checkBase({ vault, gate, sandbox, demand: 'preferred', scratch: folder })
  const left = await processesOf(folder)
  const invariants = invariantsOf({ document, commits, left })
  const held = invariants.every((invariant) => invariant.held)
  const report = {
    seed: options.seed,
    wallMs,
    sandbox: sandbox.kind,
    tasks: Object.values(document.tasks),
    merges: commits.filter(({ change }) => change !== undefined),
    invariants,
    failures,
  }
  await stop()
  if (options.json === true) output.out(JSON.stringify(report))
  else
    for (const { name, held: holds, evidence } of invariants)
      output.out([`${holds ? 'holds' : 'BROKEN'}: ${name}`, ...evidence].join('\n  '))
  if (!held) throw new Problem(exitCode.failed, 'The floor did not come to the end that it must come to; see above.')
}

interface End {
  readonly document: FloorDocument
  readonly commits: Awaited<ReturnType<typeof checkBase>>
  readonly left: readonly { readonly pid: number; readonly command: string }[]
}

function invariantsOf({ document, commits, left }: End): readonly Invariant[] {
  const faults = demoFaults(document)
  const red = commits.filter(({ green }) => !green).map(({ commit, why }) => `${commit}: ${why}`)
  const changes = commits.flatMap(({ change }) =>
    change === undefined ? [] : [change.replace(/\.\d+$/, '').replace(/-\d+$/, '')],
  )
  const twice = changes.filter((change, index) => changes.indexOf(change) !== index)
  const merged = Object.values(document.tasks).filter(({ attempts }) =>
    attempts.some(({ outcome }) => outcome === 'merged'),
  )
  return [
    { name: 'good work is merged, and nothing else', held: faults.length === 0, evidence: faults },
    { name: 'every commit of the base branch is green', held: red.length === 0, evidence: red },
    { name: 'no task is merged twice', held: twice.length === 0, evidence: twice },
    {
      name: 'what is said to be merged is in the base, and what is in it was said to be',
      held: merged.length === changes.length,
      evidence: merged.length === changes.length ? [] : [`${merged.length} tasks, ${changes.length} commits`],
    },
    {
      name: 'no process is left',
      held: left.length === 0,
      evidence: left.map(({ pid, command }) => `${pid} ${command}`),
    },
  ]
}
