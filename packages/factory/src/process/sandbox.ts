import { lstat, readlink } from 'node:fs/promises'
import process from 'node:process'
import type { Cgroups } from './cgroup.ts'
import { findProgram } from './find-program.ts'
import { endInWords, runCommand, type CommandResult } from './run-command.ts'

/** What this machine can shut a program in with. */
export type Sandbox = Bubblewrap | { readonly kind: 'none'; readonly reason: string }

/** A bubblewrap that works here. */
export interface Bubblewrap {
  readonly kind: 'bubblewrap'
  readonly program: string
  /** The mounts of the system that every program gets. */
  readonly system: readonly string[]
  /**
   * As which user agents are in it, where that is not whoever runs the floor. Root without rights is no use to them: the
   * kernel lets it make no sandbox of its own, and some of them make one around each command.
   */
  readonly uid?: number
  /** Control groups for what agents start, where there are some. */
  readonly cgroups?: Cgroups
}

/** `off`: not even loopback of the machine. `open`: the network of the machine. */
export type SandboxNetwork = 'off' | 'open'

export interface SandboxOptions {
  readonly argv: readonly string[]
  readonly cwd: string
  /** Its whole environment. Default: that with which the sandbox itself is started, which no list of processes shows. */
  readonly env?: Readonly<Record<string, string>>
  /** Folders and files that it may write to. Everything else is either absent or read only. */
  readonly writable: readonly string[]
  /** Folders and files that it may read, beside what the system needs (`/usr`, certificates, user names). */
  readonly readable?: readonly string[]
  /** Files that it reads at another place than where they are, by that place. */
  readonly placed?: Readonly<Record<string, string>>
  /** As which user it runs. Default: as whoever starts it. */
  readonly uid?: number
  /** File descriptors: by `info` it says who its first process is, and it begins once there is something in `go`. */
  readonly hold?: { readonly info: number; readonly go: number }
  /** Default `off`. */
  readonly network?: SandboxNetwork
}

/**
 * Looks for a sandbox by using it once: user namespaces are switched off on some machines, and a sandbox that silently
 * does nothing is worse than none.
 */
export async function findSandbox(): Promise<Sandbox> {
  const program = await findProgram('bwrap')
  if (program === undefined) return { kind: 'none', reason: 'bubblewrap (bwrap) is not installed' }
  const sandbox = { kind: 'bubblewrap', program, system: await systemMounts() } as const
  const tried = (as: { readonly uid?: number }): Promise<CommandResult> => {
    const argv = sandboxArgv(sandbox, { argv: ['/bin/true'], cwd: '/', env: {}, writable: [], ...as })
    return runCommand({ argv, cwd: '/', env: {}, timeoutMs: 10_000, maxOutputBytes: 65_536 })
  }
  const result = await tried({})
  if (isGood(result)) {
    const uid = process.getuid?.() === 0 ? daemon : undefined
    return uid !== undefined && isGood(await tried({ uid })) ? { ...sandbox, uid } : sandbox
  }
  const said = result.stderr.trim().split('\n').at(-1) ?? ''
  return { kind: 'none', reason: `bubblewrap does not work here: it ${endInWords(result.end)} ${said}`.trim() }
}

/** A user that every system has, and that may nothing. */
const daemon = 1

function isGood({ end }: CommandResult): boolean {
  return end.kind === 'exited' && end.code === 0
}

/** The command line that runs a program in the sandbox. */
export function sandboxArgv(sandbox: Bubblewrap, options: SandboxOptions): readonly [string, ...string[]] {
  const { argv, cwd, env, writable, readable = [], placed = {}, network = 'off', hold, uid } = options
  // What lies deeper is mounted later, or what is above would hide it. Of the same place the writable one wins.
  const mounts = [
    ...readable.map((place) => ({ place, how: '--ro-bind-try' })),
    ...writable.map((place) => ({ place, how: '--bind' })),
  ].toSorted((a, b) => a.place.length - b.place.length)
  return [
    sandbox.program,
    '--unshare-all',
    ...(network === 'open' ? ['--share-net', '--ro-bind-try', '/etc/resolv.conf', '/etc/resolv.conf'] : []),
    ...(uid === undefined ? [] : ['--uid', String(uid), '--gid', String(uid)]),
    ...(hold ? ['--info-fd', String(hold.info), '--block-fd', String(hold.go)] : []),
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--hostname',
    'headrace',
    ...sandbox.system,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    ...mounts.flatMap(({ place, how }) => [how, place, place]),
    ...Object.entries(placed).flatMap(([place, file]) => ['--ro-bind', file, place]),
    '--remount-ro',
    '/',
    '--chdir',
    cwd,
    ...(env ? ['--clearenv', ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value])] : []),
    '--',
    ...argv,
  ]
}

const etc = [
  'alternatives',
  'ca-certificates',
  'group',
  'hosts',
  'ld.so.cache',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'passwd',
  'pki',
  'ssl',
]

/** The parts of the system that programs need, read only. There is no `/root`, `/home`, `/var` or `/srv`. */
async function systemMounts(): Promise<readonly string[]> {
  const mounts = ['--ro-bind', '/usr', '/usr']
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64']) {
    const place = `/${name}`
    const found = await lstat(place).catch(() => undefined)
    if (found?.isSymbolicLink()) mounts.push('--symlink', await readlink(place), place)
    else if (found) mounts.push('--ro-bind', place, place)
  }
  return [...mounts, ...etc.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`])]
}
