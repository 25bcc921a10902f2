import { array, integer, object, oneOf, optional, string, type Schema } from '@headrace/core'
import { command, described, type Argv } from './shapes.ts'

/** How a change is judged. */
export type GateSettings = Readonly<{
  setup: readonly Argv[]
  test: Argv
  junit: string | undefined
  timeoutMs: number
  maxOutputBytes: number
  sandbox: 'required' | 'preferred' | 'off'
  network: 'off' | 'open'
  setupNetwork: 'off' | 'open'
  readable: readonly string[]
  programs: readonly string[] | undefined
}>

/** The same as it is written, without what it leaves out. */
export interface WrittenGate {
  readonly setup?: readonly Argv[]
  readonly test: Argv
  readonly junit?: string
  readonly timeoutMinutes?: number
  readonly maxOutputMb?: number
  readonly sandbox?: GateSettings['sandbox']
  readonly network?: GateSettings['network']
  readonly setupNetwork?: GateSettings['setupNetwork']
  readonly readable?: readonly string[]
  readonly programs?: readonly string[]
}

/** `gate`. */
export const gateShape: Schema<WrittenGate> = object({
  setup: optional(described(array(command(), { max: 20 }), { about: 'Commands before the tests, such as `npm ci`.' })),
  test: described(command(), {
    about: 'The command of the tests. No shell. `{report}` stands for where the runner writes its JUnit report.',
  }),
  junit: optional(
    described(string({ min: 1, max: 500 }), { about: 'Where in the repository the tests write a JUnit report.' }),
  ),
  timeoutMinutes: optional(described(integer(1, 600), { about: 'Longest time of each command.', default: 15 })),
  maxOutputMb: optional(
    described(integer(1, 1_024), { about: 'Most megabytes that each command may print.', default: 64 }),
  ),
  sandbox: optional(
    described(oneOf('required', 'preferred', 'off'), {
      about: 'Whether the gate runs in a sandbox.',
      default: 'preferred',
    }),
  ),
  network: optional(described(oneOf('off', 'open'), { about: 'Network of the tests.', default: 'off' })),
  setupNetwork: optional(described(oneOf('off', 'open'), { about: 'Network of the set-up.', default: 'open' })),
  readable: optional(
    described(array(string({ min: 1, max: 500, pattern: /^\//, called: 'an absolute path' }), { max: 50 }), {
      about: 'Folders of the machine that the gate may read, such as a tool chain.',
    }),
  ),
  programs: optional(
    described(array(string({ min: 1, max: 500, pattern: /^\//, called: 'an absolute path' }), { max: 20 }), {
      about: 'Folders of programs before those of the system. Default: that of the Node that runs the factory.',
    }),
  ),
})

export function gateSettings(written: WrittenGate): GateSettings {
  const { timeoutMinutes = 15, maxOutputMb = 64 } = written
  return {
    setup: written.setup ?? [],
    test: written.test,
    junit: written.junit,
    timeoutMs: timeoutMinutes * 60_000,
    maxOutputBytes: maxOutputMb * 1_048_576,
    sandbox: written.sandbox ?? 'preferred',
    network: written.network ?? 'off',
    setupNetwork: written.setupNetwork ?? 'open',
    readable: written.readable ?? [],
    programs: written.programs,
  }
}
