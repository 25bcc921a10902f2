/**
 * What an attempt is shut in (F2e, F2f): a sandbox around everything that its agent starts.
 *
 *   bwrap ─▶ [ inside: 127.0.0.1:PORT ─▶ the socket of the models ] ─▶ agent ─▶ its tools
 *
 * In it are the clone, the home and the temporary folder of the attempt to write to; to read, the system, the program and
 * what the lane names. Processes, users' files and sockets of the machine are not there. When the first program is over,
 * the kernel ends every other one in it.
 */
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { CgroupBounds } from '../process/cgroup.ts'
import { sandboxArgv, type Bubblewrap } from '../process/sandbox.ts'
import { checkReadable, programPlaces, toolPlaces } from './readable-places.ts'

/** `off`: none. `model-only`: nothing but the models of the floor. `open`: the network of the machine. */
export type CellNetwork = 'off' | 'model-only' | 'open'

export interface Cell {
  readonly sandbox: Bubblewrap
  readonly network: CellNetwork
  readonly writable: readonly string[]
  /** Beside the system, this Node, and what belongs to a program that is started. */
  readonly readable: readonly string[]
  /** The way to the models for `model-only`; without one there is none. */
  readonly models?: ModelSocket
  /** What everything of one program may use together, where there are groups that can bound it. */
  readonly bounds?: CgroupBounds
}

/** Where the floor's models are reached from a network without a route. */
export interface ModelSocket {
  /** Full path of a unix socket. */
  readonly socket: string
  /** The port on loopback at which the agent has them. */
  readonly port: number
}

export interface CellProgram {
  /** Full path of the program, and its arguments. */
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
}

/** Its program, beside this file: built, or as source. Node runs either at a place of its own, far from any package. */
const isSource = import.meta.url.endsWith('.ts')
const insideFile = fileURLToPath(new URL(isSource ? './inside.ts' : './inside.js', import.meta.url))
const insidePlace = isSource ? '/run/headrace/inside.mts' : '/run/headrace/inside.mjs'
/** By which a sandbox waits for its control group. */
export const holdFds = { info: 3, go: 4 }
const socketPlace = '/run/headrace/models.sock'

/**
 * The command line that runs a program in a cell. It has the environment that this is started with.
 *
 * @throws FactoryError `bad_option` for what may be in no cell
 */
export async function cellArgv(cell: Cell, { argv, cwd }: CellProgram): Promise<readonly [string, ...string[]]> {
  const { sandbox, network, writable, models } = cell
  const [name, ...args] = argv
  await checkReadable(cell.readable)
  // A program that is reached by a link looks for what belongs to it where it really is.
  const file = await realpath(name).catch(() => name)
  const readable = [...cell.readable, ...toolPlaces(path.dirname(process.execPath)), ...(await programPlaces(file))]
  const hasModels = network === 'model-only' && models !== undefined
  const first = hasModels ? [process.execPath, insidePlace, String(models.port), socketPlace] : []
  return sandboxArgv(sandbox, {
    argv: [...first, file, ...args],
    cwd,
    writable,
    readable,
    network: network === 'open' ? 'open' : 'off',
    ...(sandbox.uid !== undefined && { uid: sandbox.uid }),
    ...(sandbox.cgroups && { hold: holdFds }),
    ...(hasModels && { placed: { [insidePlace]: insideFile, [socketPlace]: models.socket } }),
  })
}
