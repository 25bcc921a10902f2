import path from 'node:path'
import process from 'node:process'
import type { Attempt } from '../clones/attempt.ts'
import type { Confinement } from '../cell/open-cell.ts'
import { toolPlaces } from '../cell/readable-places.ts'
import type { GateStep } from '../gate/run-gate.ts'
import { endInWords } from '../process/run-command.ts'
import { runConfined } from '../process/run-confined.ts'
import type { Sandbox } from '../process/sandbox.ts'
import { createTail } from '../process/tail.ts'

export interface PrepareOptions {
  readonly steps: readonly GateStep[]
  readonly attempt: Attempt
  readonly env: Readonly<Record<string, string>>
  readonly confinement: Confinement
  readonly sandbox: Sandbox
  /** Most bytes that each step may print. Default 67,108,864 (64 MiB). */
  readonly maxOutputBytes?: number
  readonly signal: AbortSignal
}

/**
 * Does in a fresh clone what the gate does in a fresh checkout, such as installing what the lockfile names: agents must run
 * the tests, and most have no network to fetch anything by. What is run is the base's, and nobody has worked there yet.
 *
 * @returns why it came to nothing, if so, with the end of what was printed
 */
export async function prepareClone(options: PrepareOptions): Promise<string | undefined> {
  const { steps, attempt, env, confinement, sandbox, maxOutputBytes = 67_108_864, signal } = options
  const { sandbox: demand = 'preferred', readable = [], programs = [] } = confinement
  for (const { argv, network = 'off', timeoutMs } of steps) {
    const tail = createTail(8_192)
    const { end } = await runConfined({
      argv,
      cwd: attempt.clone,
      env,
      timeoutMs,
      maxOutputBytes,
      onOutput: (chunk) => tail.push(chunk),
      signal,
      sandbox,
      demand,
      network,
      readable: [...readable, ...[...programs, path.dirname(process.execPath)].flatMap(toolPlaces)],
      writable: [attempt.clone, attempt.home, attempt.tmp],
      marker: attempt.marker,
    })
    if (end.kind === 'exited' && end.code === 0) continue
    return [`${argv.join(' ')} ${endInWords(end)}.`, ...tail.lines(10)].join('\n')
  }
  return undefined
}
