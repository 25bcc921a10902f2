import type { Json } from '@headrace/core'
import { FactoryError } from '../../errors.ts'
import { stepLabels, type LabelledStep, type StepLabel, type Trajectory } from './trajectory.ts'

const maxSteps = 20_000

/**
 * Reads one run from a line of a file of trajectories: `{agent, run, resolved, steps: [{thought, action: {name, args},
 * result, vsPrevious: {action}}]}`.
 *
 * @throws FactoryError `bad_option`, naming the field that is wrong
 */
export function parseTrajectory(line: string): Trajectory {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw wrong('it is no JSON')
  }
  const { agent, run, resolved, steps } = objectAt(value, 'the line')
  if (typeof agent !== 'string' || agent === '') throw wrong('agent must be a text')
  if (typeof run !== 'string' || run === '') throw wrong('run must be a text')
  if (resolved !== undefined && resolved !== null && typeof resolved !== 'boolean') {
    throw wrong('resolved must be true, false or null')
  }
  if (!Array.isArray(steps)) throw wrong('steps must be a list')
  if (steps.length > maxSteps) throw wrong(`steps has ${steps.length} entries, and at most ${maxSteps} are read`)
  return {
    agent,
    run,
    ...(typeof resolved === 'boolean' && { resolved }),
    steps: steps.map((step: unknown, index) => stepOf(step, `steps[${index}]`)),
  }
}

function stepOf(value: unknown, at: string): LabelledStep {
  const { thought, action, result, vsPrevious } = objectAt(value, at)
  const { name, args } = action === null || action === undefined ? {} : objectAt(action, `${at}.action`)
  if (name !== undefined && name !== null && typeof name !== 'string') throw wrong(`${at}.action.name must be a text`)
  if (result !== undefined && result !== null && typeof result !== 'string') throw wrong(`${at}.result must be a text`)
  const label = vsPrevious === null || vsPrevious === undefined ? undefined : objectAt(vsPrevious, at)['action']
  return {
    step: {
      tool: name ?? '',
      ...(args !== undefined && args !== null && { args: args as Json }), // out of JSON.parse
      ...(typeof result === 'string' && { result: ownResult(result) }),
      ...(typeof thought === 'string' && thought !== '' && { text: thought }),
    },
    ...(label !== undefined && label !== null && { label: labelOf(label, `${at}.vsPrevious.action`) }),
  }
}

function labelOf(value: unknown, at: string): StepLabel {
  const label = stepLabels.find((known) => known === value)
  if (label === undefined) throw wrong(`${at} must be one of ${stepLabels.join(', ')}`)
  return label
}

/**
 * A result as the agent got it. The published files put the next call behind it, by which a detector would see what is
 * still to come, and what was called before it.
 */
function ownResult(result: string): string {
  const next = [...result.matchAll(/; (?:Next action: |Action at iteration ?\d+ ?: ?)\{/g)].at(-1)
  const own = next ? result.slice(0, next.index) : result
  return own.replace(/^The result of executing that last command is:\s+Command \S+ returned: /, '').trim()
}

function objectAt(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${at} must be an object`)
  return value as Readonly<Record<string, unknown>> // an object of JSON
}

function wrong(what: string): FactoryError {
  return new FactoryError('bad_option', `This is no trajectory: ${what}.`)
}
