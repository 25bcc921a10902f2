/**
 * A floor at work in this process: its vault and clones, and a worker for each part of the crew. Several processes may open
 * the same floor against the same server: which of them does what is decided by leases.
 */
import path from 'node:path'
import { connect, type Client } from '@headrace/client'
import { createWorker, type RunHandler, type Worker } from '@headrace/client/agent'
import { HeadraceError } from '@headrace/core'
import { confinedInWords } from '../cell/open-cell.ts'
import { withCgroups } from '../cell/with-cgroups.ts'
import { createClones, usualLimits, type CloneLimits, type Clones, type Swept } from '../clones/create-clones.ts'
import { openVault, type Vault } from '../clones/open-vault.ts'
import { recoverVault } from '../clones/recover-vault.ts'
import { FactoryError } from '../errors.ts'
import { startModelProxy, type ModelProxy, type ModelsConfig } from '../proxy/model-proxy.ts'
import { endMarked } from '../process/marked.ts'
import { openScratch } from '../process/scratch.ts'
import { findSandbox, type Sandbox } from '../process/sandbox.ts'
import type { SandboxDemand } from '../process/run-confined.ts'
import { createDesk } from '../foreman/desk.ts'
import { createForeman, type FloorLane } from '../foreman/foreman.ts'
import { orderOf } from '../foreman/notes.ts'
import { floorName, floorSessions, type FloorSessions } from '../foreman/sessions.ts'
import type { Notifier } from '../notify/notifier.ts'
import { createTeller } from '../notify/tell.ts'
import type { LandingRules } from '../landing/judge-work.ts'
import { createGateWorker } from '../merge/gate-worker.ts'
import { keepShelf } from './keep-shelf.ts'
import { versionOf } from '../skills/skill.ts'
import { armsOf } from '../lane/lane-arms.ts'
import { createLaneRunner, type Lane } from '../lane/lane-runner.ts'

/** A lane with all that is known of it. */
export type LaneConfig = FloorLane &
  Lane & {
    /** By what its work is judged. */
    readonly landing: LandingRules
  }

export interface FloorConfig {
  readonly lanes: readonly LaneConfig[]
  /** How many lanes may need a person at the same time. Default: what people say of it, and 3 before that. */
  readonly attention?: number
  /** What clones may take of the machine. Default 20 GB and 7 days. */
  readonly clones?: CloneLimits
  /**
   * The models that agents may ask, through the floor alone. Where there are none when the floor is opened, agents must find
   * their models by themselves, and nothing is counted.
   */
  readonly models?: ModelsConfig
  /** Who is told what waits for a person. */
  readonly notifiers?: readonly Notifier[]
}

export interface OpenFloorOptions {
  /** Of the floor: 1 to 56 lower-case letters, digits and hyphens. */
  readonly name: string
  /** Where the sessions are served. */
  readonly url: string
  /** A token for each part of the crew: it works as that agent, and may read, send, control and write in `factory/NAME/**`. */
  readonly token: (agent: string) => Promise<string>
  /** How the server is reached. Default: by the network. */
  readonly WebSocket?: typeof globalThis.WebSocket
  /** A folder for the vault, clones and bundles. Nobody else writes there. */
  readonly folder: string
  /** The repository that the floor works on: a folder or a URL. */
  readonly origin: string
  readonly base: string
  /** Read again for each decision, so that a change on the base branch counts at once. */
  readonly config: () => FloorConfig
  /** Whether the gate needs a sandbox; lanes say it for their agents. Default `preferred`. */
  readonly demand?: SandboxDemand
  /** What agents and gate are shut in with. Default: what this machine has. */
  readonly sandbox?: Sandbox
  /** How long a part of the crew may be silent before another process takes its place, in ms. Default 6,000. */
  readonly leaseMs?: number
  /** Told what went wrong in the background. */
  readonly onError: (error: HeadraceError) => void
}

/** An open floor. */
export interface Floor {
  readonly sessions: FloorSessions
  readonly client: Client
  readonly vault: Vault
  readonly clones: Clones
  readonly sandbox: Sandbox
  /** The way of agents to their models, where the floor has models. */
  readonly models: ModelProxy | undefined
  /** What was done about clones that an earlier process left. */
  readonly swept: readonly Swept[]
  /** What `config` gives may be something else: the foreman, where it is the one of this process, looks again now. */
  look(): void
  /** Ends everything here. What was under way goes on wherever the floor is open next. Idempotent. */
  close(): Promise<void>
}

/** Opens a floor. */
export async function openFloor(options: OpenFloorOptions): Promise<Floor> {
  const { name, url, token, folder, origin, base, config, leaseMs = 6_000, onError, demand = 'preferred' } = options
  if (!floorName.test(name)) {
    const text = `A floor can't be called ${JSON.stringify(name)}: 1 to 56 lower-case letters, digits and hyphens.`
    throw new FactoryError('bad_option', text)
  }
  const sessions = floorSessions(name)
  const { crew } = sessions
  const now = (): number => Date.now()
  const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin, base })
  await recoverVault(vault)
  // Now rather than in the first attempt: a base that is not there is the caller's to put right.
  await vault.refresh()
  const limits = (): CloneLimits => config().clones ?? usualLimits
  const made = createClones({ folder: path.join(folder, 'clones'), vault, now, limits })
  const sandbox = await withCgroups(options.sandbox ?? (await findSandbox()))
  const reach = { url, ...(options.WebSocket && { WebSocket: options.WebSocket }), onError }
  const clientOf = async (agent: string): Promise<Client> => connect({ ...reach, token: await token(agent) })
  const open: { close(how?: { graceMs: number }): Promise<void> }[] = []
  const clients = {
    foreman: await clientOf(crew.foreman),
    desk: await clientOf(crew.desk),
    runner: await clientOf(crew.runner),
    gate: await clientOf(crew.gate),
  }
  const work = async (agent: string, handler: RunHandler, capacity: number): Promise<void> => {
    const worker: Worker = createWorker({ ...reach, token: await token(agent), agent, handler, capacity, leaseMs })
    open.push(worker)
    await worker.ready
  }
  const models = config().models && (await startModelProxy({ models: () => config().models ?? { providers: {} } }))
  // Also where no attempt begins for a long time.
  await made.expire()
  const swept = await sweep(clients.runner, { clones: made, sessions, lanes: config().lanes })
  const laneNames = (): readonly string[] => config().lanes.map((lane) => lane.name)
  const timer = {
    now,
    at(time: number, then: () => void) {
      const waiting = setTimeout(then, Math.max(0, time - now()))
      return () => clearTimeout(waiting)
    },
  }
  const scratch = await openScratch(folder)
  const shelf = keepShelf({ client: clients.foreman, session: sessions.floor, clones: made, onError })
  const { clones } = shelf
  await work(
    crew.gate,
    createGateWorker({
      client: clients.gate,
      sessions,
      vault,
      rules: (lane) => config().lanes.find(({ name: known }) => known === lane)?.landing,
      sandbox,
      demand,
      scratch,
      now,
    }),
    1,
  )
  await work(
    crew.runner,
    createLaneRunner({
      client: clients.runner,
      sessions,
      lane: (lane) => config().lanes.find((candidate) => candidate.name === lane),
      clones,
      vault,
      sandbox,
      demand,
      bundles: path.join(folder, 'bundles'),
      ...(models && { models }),
      now,
    }),
    64,
  )
  await work(crew.desk, createDesk({ client: clients.desk, lanes: laneNames, now }), 1)
  const tell = createTeller({
    notifiers: () => config().notifiers ?? [],
    onError: (words) => onError(new HeadraceError('internal', words)),
  })
  const looks = new Set<() => void>()
  const foreman = createForeman({
    client: clients.foreman,
    sessions,
    lanes: () =>
      config().lanes.map((lane) => ({
        ...lane,
        arms: armsOf(lane),
        confined: confinedInWords(lane, sandbox),
        given: givenIn(lane),
      })),
    attention: () => config().attention,
    clock: timer,
    onChange(look) {
      looks.add(look)
      return () => looks.delete(look)
    },
    tell,
  })
  await work(crew.foreman, foreman, 1)
  const endShifts = await keepShift(clients.foreman, { sessions, onError })
  return {
    sessions,
    client: clients.foreman,
    vault,
    clones,
    sandbox,
    models,
    swept,
    look() {
      for (const look of looks) look()
    },
    async close() {
      endShifts()
      shelf.close()
      // Workers first: what they do with a client ends with them.
      await Promise.all(open.map((worker) => worker.close({ graceMs: 0 })))
      await models?.close()
      await scratch.close()
      await Promise.all(Object.values(clients).map((client) => client.close()))
    },
  }
}

/** Versions of the skills that attempts in a lane may be given now. */
function givenIn({ skills = [] }: LaneConfig): readonly string[] {
  return skills.flatMap(({ pin, trial }) => [pin, ...(trial ? [trial.against] : [])].map(versionOf))
}

interface ShiftOptions {
  readonly sessions: FloorSessions
  readonly onError: (error: HeadraceError) => void
}

/** Sees to it that there is a run for a foreman to take, now and whenever one has ended. Returns what ends that. */
async function keepShift(client: Client, { sessions, onError }: ShiftOptions): Promise<() => void> {
  const floor = client.session(sessions.floor)
  const { crew } = sessions
  await floor.create({ agent: crew.foreman, policy: 'queue', maxAttempts: 100, metadata: { title: 'Factory floor' } })
  await floor.until(({ status }) => status === 'live')
  let isAsking = false
  const look = (): void => {
    const { view, status } = floor.getSnapshot()
    const hasShift = view.runs.some((run) => run.agent === crew.foreman && run.status !== 'ended')
    if (status !== 'live' || hasShift || isAsking) return
    isAsking = true
    floor
      .send({ agent: crew.foreman, text: 'Run the floor.' })
      .catch((thrown: unknown) => onError(HeadraceError.from(thrown)))
      .finally(() => (isAsking = false))
  }
  const stop = floor.subscribe(look)
  look()
  return stop
}

interface Left {
  readonly clones: Clones
  readonly sessions: FloorSessions
  readonly lanes: readonly LaneConfig[]
}

/**
 * What an earlier process left of attempts that are over: their agents are ended and their clones go into quarantine. Those of
 * attempts that go on stay, until somebody takes the attempt over.
 */
async function sweep(client: Client, { clones, sessions, lanes }: Left): Promise<readonly Swept[]> {
  // Before the sessions: what another crew begins from now on is nothing that was left.
  const found = await clones.list()
  const held = new Set<string>()
  for (const lane of lanes) {
    const session = client.session(sessions.lane(lane.name))
    const { view, status } = await session.until(
      (snapshot) => snapshot.status === 'live' || snapshot.status === 'failed',
    )
    if (status !== 'live') continue
    for (const run of view.runs) {
      const order = orderOf(
        view.messages.find(({ id }) => id === run.input),
        view.id,
      )
      if (order && run.status !== 'ended') held.add(`${order.task.toLowerCase()}-${order.attempt}`)
    }
  }
  const known = new Set(found.map(({ id }) => id))
  for (const { id, marker } of found) if (!held.has(id)) await endMarked(marker)
  return clones.sweep({ has: (id) => held.has(id) || !known.has(id) })
}
