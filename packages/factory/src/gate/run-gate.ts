import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { randomUUID } from 'node:crypto'
import { toolPlaces } from '../cell/readable-places.ts'
import type { EndProof } from '../process/marked.ts'
import { endInWords, type CommandEnd } from '../process/run-command.ts'
import { runConfined, type SandboxDemand } from '../process/run-confined.ts'
import type { Sandbox, SandboxNetwork } from '../process/sandbox.ts'
import { createTail } from '../process/tail.ts'
import { createTestCounter } from './count-tests.ts'
import { countJunit, readJunit } from './reporters/junit.ts'
import { openReport } from './reporters/private-report.ts'
import { countsInWords, executed, type TestCounts } from './test-counts.ts'

/** One program of a gate. */
export interface GateStep {
  readonly argv: readonly [string, ...string[]]
  /** Default `off`. */
  readonly network?: SandboxNetwork
  /** Longest time, in ms. */
  readonly timeoutMs: number
}

export interface GateOptions {
  /** A clean checkout of the tree to judge: {@link checkoutTree}. */
  readonly checkout: string
  /** A folder for homes and temporary folders of what is run. Default: that of the machine. */
  readonly scratch?: string
  /** What has to be done before, such as installing what the lockfile names. None of it counts as a test. */
  readonly setup?: readonly GateStep[]
  readonly test: GateStep
  /**
   * Where in the checkout the tests write a JUnit report, if they do. Then it is what counts. Stronger, because what is
   * tested can't write there: the word `{report}` in the command of the tests, which stands for a file that only the runner has open.
   */
  readonly junit?: string
  /** How many tests the base has. Fewer is red. */
  readonly baseline?: TestCounts
  /** Somebody has said that it is right that there are fewer tests now. Default false. */
  readonly allowFewer?: boolean
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  /** Folders and files outside of the checkout that the gate may read, such as a tool chain. */
  readonly readable?: readonly string[]
  /** Folders of programs before those of the system. Default: that of this Node. */
  readonly programs?: readonly string[]
  /** Variables beside the fixed ones. */
  readonly env?: Readonly<Record<string, string>>
  /** Most bytes that each step may print. Default 67,108,864 (64 MiB). */
  readonly maxOutputBytes?: number
  readonly signal?: AbortSignal
  /** Gets the output as it comes. */
  readonly onOutput?: (chunk: Uint8Array) => void
}

/**
 * Why a gate is red: the product is broken; what judges it is (no test ran, it hung, it flooded); what it needs could not
 * be set up; or the machine is at fault.
 */
export type FailureClass = 'product' | 'harness' | 'setup' | 'environment'

export interface GateReport {
  /** `undefined` where no test runner was recognised. */
  readonly tests: TestCounts | undefined
  readonly runners: readonly string[]
  readonly end: CommandEnd
  /** The last 64 KiB of what was printed. */
  readonly output: string
  readonly outputBytes: number
  readonly durationMs: number
  readonly sandboxed: boolean
  /** What was still running when it was over, and was ended. */
  readonly proof: EndProof
}

export type GateResult =
  | (GateReport & { readonly verdict: 'green'; readonly tests: TestCounts })
  | (GateReport & { readonly verdict: 'red'; readonly class: FailureClass; readonly why: string })

/**
 * Runs the gate in a checkout and says whether it is green. An exit code of 0 is not enough: tests must have run, none
 * may have failed, and not fewer than in the base.
 *
 * @throws FactoryError `sandbox_missing`
 */
export async function runGate(options: GateOptions): Promise<GateResult> {
  const place = await mkdtemp(path.join(options.scratch ?? tmpdir(), 'headrace-gate-'))
  try {
    const started = performance.now()
    for (const step of options.setup ?? []) {
      const ran = await runStep(options, step, place)
      if (isGood(ran.end)) continue
      const why = `The set-up ${step.argv.join(' ')} ${endInWords(ran.end)}.`
      const report = { tests: undefined, runners: [], ...ran, durationMs: performance.now() - started }
      return { verdict: 'red', class: isMachine(ran.end, ran.output) ? 'environment' : 'setup', why, ...report }
    }
    // A report that the change brought along would be a forged one.
    if (options.junit !== undefined) await rm(path.join(options.checkout, options.junit), { force: true })
    const counter = createTestCounter()
    const isPrivate = options.test.argv.some((word) => word.includes(reportWord))
    const privateReport = isPrivate ? await openReport(place) : undefined
    const ran = await runStep(options, options.test, place, {
      count: (chunk) => counter.push(chunk),
      ...(privateReport && { reportFd: privateReport.fd }),
    }).finally(() => privateReport?.end())
    const printed = counter.counts()
    const { tests, runners } = await counted()
    const report = { tests, runners, ...ran, durationMs: performance.now() - started }
    const red = judge(options, report)
    if (red) return { verdict: 'red', ...red, ...report }
    // Without tests it is red above.
    return tests ? { verdict: 'green', ...report, tests } : { verdict: 'red', class: 'harness', why: '', ...report }

    async function counted(): Promise<{ readonly tests: TestCounts | undefined; readonly runners: readonly string[] }> {
      if (privateReport) return { tests: countJunit(privateReport.text()), runners: ['junit'] }
      if (options.junit === undefined) return { tests: printed?.counts, runners: printed?.runners ?? [] }
      return { tests: await readJunit(options.checkout, options.junit), runners: ['junit'] }
    }
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

/** In the command of the tests: where they write their JUnit report. */
const reportWord = '{report}'

interface Red {
  readonly class: FailureClass
  readonly why: string
}

function judge({ test, baseline, allowFewer = false }: GateOptions, report: GateReport): Red | undefined {
  const { tests, end, output } = report
  const command = test.argv.join(' ')
  if (tests && tests.failed > 0) return { class: 'product', why: `${countsInWords(tests)}: ${command}.` }
  switch (end.kind) {
    case 'timeout':
    case 'flood':
      return { class: 'harness', why: `${command} ${endInWords(end)}.` }
    case 'not_started':
    case 'signalled':
    case 'aborted':
      return { class: 'environment', why: `${command} ${endInWords(end)}.` }
    case 'exited':
      break
  }
  if (end.code !== 0) {
    if (isMachine(end, output))
      return {
        class: 'environment',
        why: `${command} ${endInWords(end)}, for want of something the machine did not give.`,
      }
    const ran = tests && executed(tests) > 0
    return {
      class: ran ? 'product' : 'harness',
      why: `${command} ${endInWords(end)}${ran ? '' : ', and no test ran'}.`,
    }
  }
  if (!tests || executed(tests) === 0) {
    const what = tests ? 'no test ran' : 'no test runner was recognised in what it printed'
    return { class: 'harness', why: `${command} ended with code 0, but ${what}.` }
  }
  if (baseline && !allowFewer) {
    if (executed(tests) < executed(baseline)) {
      const why = `${executed(tests)} tests ran, and ${executed(baseline)} run in the base: ${command}.`
      return { class: 'harness', why }
    }
  }
  return undefined
}

function isGood(end: CommandEnd): boolean {
  return end.kind === 'exited' && end.code === 0
}

const machine =
  /ENOSPC|No space left on device|ENOMEM|Cannot allocate memory|EMFILE|EAI_AGAIN|ENETUNREACH|getaddrinfo ENOTFOUND|Could not resolve host|Network is unreachable/

function isMachine(end: CommandEnd, output: string): boolean {
  return end.kind === 'not_started' || (end.kind === 'exited' && end.code !== 0 && machine.test(output.slice(-8_192)))
}

interface Ran {
  readonly end: CommandEnd
  readonly output: string
  readonly outputBytes: number
  readonly sandboxed: boolean
  readonly proof: EndProof
}

async function runStep(
  options: GateOptions,
  { argv, network = 'off', timeoutMs }: GateStep,
  place: string,
  take: { readonly count?: (chunk: Uint8Array) => void; readonly reportFd?: number } = {},
): Promise<Ran> {
  const { reportFd } = take
  const { checkout, sandbox, demand, readable = [], maxOutputBytes = 67_108_864, signal, onOutput } = options
  const { programs = [path.dirname(process.execPath)] } = options
  const [home, tmp] = [path.join(place, 'home'), path.join(place, 'tmp')]
  await Promise.all([mkdir(home, { recursive: true }), mkdir(tmp, { recursive: true })])
  const tail = createTail(65_536)
  const [file, ...args] = argv
  const result = await runConfined({
    argv: [file, ...args.map((word) => word.replaceAll(reportWord, '/dev/fd/3'))],
    cwd: checkout,
    env: {
      PATH: [...programs, '/usr/local/bin', '/usr/bin', '/bin'].join(path.delimiter),
      HOME: home,
      TMPDIR: tmp,
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      NO_COLOR: '1',
      CI: 'true',
      ...options.env,
    },
    timeoutMs,
    maxOutputBytes,
    ...(signal && { signal }),
    ...(reportFd !== undefined && { reportFd }),
    onOutput: (chunk) => {
      tail.push(chunk)
      take.count?.(chunk)
      onOutput?.(chunk)
    },
    sandbox,
    demand,
    network,
    readable: [...readable, ...programs.flatMap(toolPlaces)],
    writable: [checkout, home, tmp],
    marker: `gate-${randomUUID()}`,
  })
  const { end, sandboxed, proof, bytes } = result
  return { end, output: tail.text(), outputBytes: bytes, sandboxed, proof }
}
