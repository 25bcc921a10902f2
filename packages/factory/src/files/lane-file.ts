import { array, integer, object, oneOf, optional, string, type JsonObject } from '@headrace/core'
import type { LaneKind } from '../floor/task.ts'
import type { Oversight } from '../floor/plan-floor.ts'
import type { PermissionRule } from '../oversight/decide-permission.ts'
import { attemptBudget, type AttemptBudget } from './attempt-budget.ts'
import type { WafflingPolicy } from '../detect/attempt-watch.ts'
import { wafflingShape } from './waffling-shape.ts'
import { described, named } from './shapes.ts'
import { fieldFaults, readYaml, type FileFault } from './yaml-text.ts'

const globs = array(string({ min: 1, max: 500 }), { max: 200 })

const fields = {
  kind: described(oneOf('ci', 'feature', 'bug', 'horizon', 'docs', 'custom'), { about: 'The kind of its tasks.' }),
  agent: described(string({ min: 1, max: 64 }), { about: 'An agent of factory.yaml.' }),
  agents: optional(
    described(array(string({ min: 1, max: 64 }), { max: 16 }), {
      about:
        'Other agents of factory.yaml that may work in its place. For each attempt one is chosen, by what came of attempts before.',
    }),
  ),
  model: optional(described(string({ min: 1, max: 200 }), { about: 'The model of the agent.' })),
  oversight: described(oneOf('observe', 'propose', 'branch', 'merge', 'unattended'), {
    about:
      'observe: reads only. propose: a diff. branch: a branch that a human merges. merge: merges through the gate. unattended: as merge, and asks only for budget and danger.',
  }),
  allowed: optional(described(globs, { about: 'Globs of what it may change. Everything where it is left out.' })),
  forbidden: optional(described(globs, { about: 'Globs of what it may not change.' })),
  skills: optional(described(array(string({ min: 1, max: 64 }), { max: 50 }), { about: 'Skills that it is given.' })),
  budget: optional(described(attemptBudget, { about: 'What an attempt may use.' })),
  wip: optional(described(integer(1, 50), { about: 'Tasks at the same time.', default: 1 })),
  attempts: optional(described(integer(1, 20), { about: 'Attempts before a task is parked.', default: 3 })),
  bestOf: optional(
    described(integer(1, 5), {
      about:
        'Tries at a task, one after the other from the same base, of which the best that the gate would take is landed. Only where the gate judges: branch, merge or unattended.',
      default: 1,
    }),
  ),
  sandbox: optional(
    described(oneOf('required', 'preferred', 'off'), {
      about: 'Whether its agents run in a sandbox.',
      default: 'preferred',
    }),
  ),
  network: optional(
    described(oneOf('off', 'model-only', 'open'), { about: 'Network of its agents.', default: 'model-only' }),
  ),
  memoryMb: optional(
    described(integer(64, 10_000_000), {
      about:
        'Most memory of all processes of an agent, where control groups can bound it. Default: three quarters of it.',
    }),
  ),
  processes: optional(
    described(integer(16, 1_000_000), {
      about: 'Most processes and threads of an agent, where control groups can bound them.',
      default: 4_096,
    }),
  ),
  tasks: optional(
    described(
      object({
        source: optional(oneOf('cli', 'console', 'backlog', 'github', 'ci', 'horizon')),
        filter: optional(string({ max: 500 })),
      }),
      { about: 'Where its tasks come from.' },
    ),
  ),
  permissions: optional(
    described(
      array(
        object({
          tools: optional(
            array(
              oneOf('read', 'edit', 'delete', 'move', 'search', 'execute', 'think', 'fetch', 'switch_mode', 'other'),
              { max: 10 },
            ),
          ),
          paths: optional(globs),
          commands: optional(array(string({ min: 1, max: 500 }), { max: 100 })),
          decision: oneOf('allow', 'reject', 'ask'),
        }),
        { max: 100 },
      ),
      { about: 'Rules for what the agent asks; the first that fits counts.' },
    ),
  ),
  guards: optional(
    described(named(oneOf('block', 'ask', 'warn'), { max: 100 }), { about: 'As in factory.yaml, for this lane.' }),
  ),
  waffling: optional(
    described(wafflingShape, { about: 'When its agents are taken to go in circles, and what is done.' }),
  ),
}
const shape = object(fields)

/** A lane with its defaults. */
export interface LaneFile {
  readonly name: string
  readonly kind: LaneKind
  readonly agent: string
  /** Others that may work in its place. */
  readonly agents: readonly string[]
  readonly model: string | undefined
  readonly oversight: Oversight
  readonly allowed: readonly string[]
  readonly forbidden: readonly string[]
  readonly skills: readonly string[]
  readonly budget: AttemptBudget
  readonly wip: number
  readonly attempts: number
  /** Tries of which the best is landed; 1 is none but the one. */
  readonly bestOf: number
  readonly sandbox: 'required' | 'preferred' | 'off'
  readonly network: 'off' | 'model-only' | 'open'
  /** What is left out has the default of the machine. */
  readonly bounds: { readonly memoryBytes?: number; readonly processes?: number }
  readonly source: 'cli' | 'console' | 'backlog' | 'github' | 'ci' | 'horizon'
  readonly filter: string
  readonly permissions: readonly PermissionRule[]
  readonly guards: Readonly<Record<string, 'block' | 'ask' | 'warn'>>
  readonly waffling: WafflingPolicy
  /** The text that the agent is given: goal, and when it is done. */
  readonly mandate: string
}

/** Reads `lanes/<name>.md`: front matter and mandate, or everything that is wrong with it. */
export function parseLaneFile(text: string, file: string): LaneFile | readonly FileFault[] {
  const at = (line: number, what: string): FileFault => ({ file, line, column: 1, key: '', what })
  const name = /([^/]+)\.md$/.exec(file)?.[1] ?? ''
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name))
    return [at(1, 'a lane is named by its file: 1 to 64 of a–z, 0–9 and "-"')]
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const end = lines.indexOf('---', 1)
  if (lines[0] !== '---' || end === -1) return [at(1, 'must begin with front matter between two lines "---"')]
  const yaml = readYaml({ file, text: `${lines.slice(1, end).join('\n')}\n`, firstLine: 2 })
  if (!('value' in yaml)) return yaml
  const mandate = lines
    .slice(end + 1)
    .join('\n')
    .trim()
  const faults = [...fieldFaults(yaml, fields)]
  if (sectionOf(mandate, /^(goal|mission)\b/i) === '')
    faults.push(at(end + 2, 'the mandate has no goal: write a heading "Goal" with a text'))
  if (sectionOf(mandate, /^(done when|success|acceptance|definition of done)\b/i) === '')
    faults.push(at(end + 2, 'the mandate has no success condition: write a heading "Done when" with a text'))
  if (faults.length > 0) return faults
  const given = shape.parse(yaml.value)
  return {
    name,
    kind: given.kind,
    agent: given.agent,
    agents: given.agents ?? [],
    model: given.model,
    oversight: given.oversight,
    allowed: given.allowed ?? [],
    forbidden: given.forbidden ?? [],
    skills: given.skills ?? [],
    budget: given.budget ?? {},
    wip: given.wip ?? 1,
    attempts: given.attempts ?? 3,
    bestOf: given.bestOf ?? 1,
    sandbox: given.sandbox ?? 'preferred',
    network: given.network ?? 'model-only',
    bounds: {
      ...(given.memoryMb !== undefined && { memoryBytes: given.memoryMb * 1_048_576 }),
      ...(given.processes !== undefined && { processes: given.processes }),
    },
    source: given.tasks?.source ?? 'cli',
    filter: given.tasks?.filter ?? '',
    permissions: given.permissions ?? [],
    guards: given.guards ?? {},
    waffling: given.waffling ?? {},
    mandate,
  }
}

/** The text below a heading of the mandate; empty if there is none. */
function sectionOf(mandate: string, title: RegExp): string {
  const parts = mandate.split(/^#{1,6} +(.+)$/m)
  for (let at = 1; at < parts.length; at += 2)
    if (title.test(parts[at]?.trim() ?? '')) return (parts[at + 1] ?? '').trim()
  return ''
}

/** The JSON Schema of the front matter of a lane, for editors. */
export const laneFileSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Headrace lane',
  ...shape.json,
}
