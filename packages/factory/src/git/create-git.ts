import { FactoryError } from '../errors.ts'
import { findProgram } from '../process/find-program.ts'
import { endInWords, runCommand, type CommandResult } from '../process/run-command.ts'
import { gitEnvironment, safeConfig, type GitProtocol } from './git-environment.ts'

export interface GitOptions {
  /** The git directory to work on. Never one that an agent can write to. Left out for `init` and `clone`. */
  readonly gitDir?: string
  /** Folder to run in. Default the git directory, else `/`. */
  readonly cwd?: string
  /** Longest time of one command, in ms. Default 60,000. */
  readonly timeoutMs?: number
  /** Most bytes that one command may print. Default 67,108,864 (64 MiB). */
  readonly maxOutputBytes?: number
  /** How other repositories may be reached. Default `['file']`. */
  readonly protocols?: readonly GitProtocol[]
  /** Variables beside the fixed ones, such as a credential for one remote. */
  readonly env?: Readonly<Record<string, string>>
  /** Puts a sandbox around each command: gets the command line and the environment, gives the command line to start. */
  readonly confine?: (argv: readonly string[], env: Readonly<Record<string, string>>) => readonly [string, ...string[]]
}

export interface GitRunOptions {
  readonly stdin?: Uint8Array | string
  /** Standard input from a file, from a byte on, in place of `stdin`. */
  readonly stdinFile?: { readonly path: string; readonly start: number }
  /** Exit codes that are an answer and no error. Default `[0]`. */
  readonly okCodes?: readonly number[]
  readonly env?: Readonly<Record<string, string>>
  /** Settings for this command: `key=value`. */
  readonly config?: readonly string[]
  readonly timeoutMs?: number
  readonly maxOutputBytes?: number
  /** Takes standard output as it comes, in place of keeping it. */
  readonly onStdout?: (chunk: Uint8Array) => void
}

export interface GitOutput {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** git, started the one safe way: own argv, no shell, an environment of its own, within bounds. */
export interface Git {
  readonly gitDir: string | undefined
  /**
   * Runs one command. Rejects with `git_failed`, `git_timeout`, `git_flood`, `disk_full` or `git_missing`, with the command and the
   * last lines that git said as evidence.
   */
  run(args: readonly string[], options?: GitRunOptions): Promise<GitOutput>
  /** Standard output as text, without the line ends at its end. */
  text(args: readonly string[], options?: GitRunOptions): Promise<string>
  /** The same git for another git directory. */
  at(gitDir: string): Git
}

/**
 * @example
 * const git = createGit({ gitDir: '/var/factory/vault.git' })
 * const base = await git.text(['rev-parse', '--verify', 'refs/heads/main^{commit}'])
 */
export function createGit(options: GitOptions = {}): Git {
  const { gitDir, timeoutMs = 60_000, maxOutputBytes = 67_108_864, protocols = ['file'] } = options
  let program: Promise<string> | undefined

  async function run(args: readonly string[], given: GitRunOptions = {}): Promise<GitOutput> {
    const git = await (program ??= gitProgram())
    const { onStdout, stdin, stdinFile, okCodes = [0] } = given
    const settings = [...safeConfig, ...(given.config ?? [])].flatMap((setting) => ['-c', setting])
    const where = gitDir === undefined ? [] : [`--git-dir=${gitDir}`]
    const argv = [git, '--no-pager', '--literal-pathspecs', ...where, ...settings, ...args] as const
    const env = { ...gitEnvironment(git, protocols), ...options.env, ...given.env }
    const result = await runCommand({
      argv: options.confine?.(argv, env) ?? argv,
      cwd: options.confine ? '/' : (options.cwd ?? gitDir ?? '/'),
      env: options.confine ? {} : env,
      timeoutMs: given.timeoutMs ?? timeoutMs,
      maxOutputBytes: given.maxOutputBytes ?? maxOutputBytes,
      ...(stdin !== undefined && { stdin }),
      ...(stdinFile && { stdinFile }),
      ...(onStdout && { onOutput: (chunk, stream) => stream === 'stdout' && onStdout(chunk) }),
    })
    if (result.end.kind === 'exited' && okCodes.includes(result.end.code)) {
      return { code: result.end.code, stdout: result.stdout, stderr: result.stderr }
    }
    throw gitFailure(args, gitDir, result)
  }

  return {
    gitDir,
    run,
    async text(args, given) {
      const { stdout } = await run(args, given)
      return stdout.toString('utf8').replace(/\n+$/, '')
    },
    at: (other) => createGit({ ...options, gitDir: other }),
  }
}

async function gitProgram(): Promise<string> {
  const found = await findProgram('git')
  if (found === undefined) throw new FactoryError('git_missing', 'There is no git on the PATH of this process.')
  return found
}

function gitFailure(args: readonly string[], gitDir: string | undefined, result: CommandResult): FactoryError {
  const { end } = result
  const isFull = /No space left on device|Out of diskspace|Disk quota exceeded/.test(result.stderr)
  const failed = isFull ? 'disk_full' : 'git_failed'
  const code = end.kind === 'timeout' ? 'git_timeout' : end.kind === 'flood' ? 'git_flood' : failed
  const lines = result.stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-20)
  const last = lines.findLast((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1)
  const said = last === undefined ? '' : `: ${last}`
  const where = gitDir === undefined ? '' : ` in ${gitDir}`
  return new FactoryError(code, `git ${args[0] ?? ''}${where} ${endInWords(end)}${said}`, {
    evidence: [`git ${args.join(' ')}`.slice(0, 2_000), ...lines],
    ...(end.kind === 'exited' && { detail: { exitCode: end.code } }),
  })
}
