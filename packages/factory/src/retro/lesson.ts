/** What is learned from how an attempt ended. The words are ours: nothing that an agent or its work says gets into them. */
import type { AttemptResult } from '../floor/task.ts'

/** A class of lessons, such as `guard:test-tampering`: what came to the same end is counted together. */
export type LessonKey = string

/** What an agent should be told beforehand, by the class of the lesson. */
const advice: Readonly<Record<LessonKey, string>> = {
  'guard:test-tampering':
    'Leave tests as strict as they are: none removed, skipped, or made to say less. Repair what they test.',
  'guard:scope': 'Change only files that the lane may change. What else is needed, name in your last message.',
  'guard:diff-budget': 'Keep the change small: the least that the task asks for, no reformatting, no new dependency.',
  'guard:agent-files': 'Do not add or change files by which agents, editors, shells or git run something.',
  'guard:conflict-markers': 'Look for lines of a conflict (`<<<<<<<`) in what you changed before you end.',
  'guard:large-files': 'Leave no large or generated files in the folder.',
  'guard:links': 'Make no symbolic links and no submodules.',
  'guard:names': 'Give files plain names, and use no invisible characters.',
  'guard:secrets': 'Write no key, token or password into a file, and none that looks like one.',
  'guard:plugin-boundary': 'Add a feature as a plugin on a surface of the repository, and leave core as it is.',
  'gate:product': 'Run the whole suite with the command of the gate before you end, and repair what is red.',
  'gate:harness': 'See that tests are run at all: the gate counts them, and an exit code of 0 proves nothing.',
  'gate:setup': 'Leave what is installed before the tests as it is, or prove that it still installs.',
  conflict: 'Change as few lines as you can in files that others change too.',
  empty: 'End with a change in the folder, or say what keeps you from making one.',
  circles: 'When a command has given the same result twice, do something else.',
  budget: 'Look at the few files that matter, change, test once, and end; the budget of an attempt is small.',
}

/** The class of what an attempt failed by; nothing where there is nothing to learn for the next one. */
export function lessonKey({ outcome, failure }: Pick<AttemptResult, 'outcome' | 'failure'>): LessonKey | undefined {
  switch (outcome) {
    case 'rejected':
      return failure === undefined ? undefined : failureKey(failure)
    case 'replaced':
    case 'parked':
    case 'nuked':
      return failure === 'waffling' ? 'circles' : outcome === 'nuked' ? 'nuked' : undefined
    case 'empty':
    case 'budget':
      return outcome
    case 'merged':
    case 'branched':
    case 'judged':
    case 'spare':
    case 'proposed':
    case 'cancelled':
    case 'failed':
    case 'lost':
      return undefined
    default:
      return outcome satisfies never
  }
}

/** The class of what the gate says of a change. */
export function failureKey(failure: string): LessonKey {
  if (failure === 'conflict') return 'conflict'
  const guard = `guard:${failure}`
  return Object.hasOwn(advice, guard) ? guard : `gate:${failure}`
}

/** What an agent should be told beforehand; nothing for a class of which nobody can say that. */
export function adviceFor(key: LessonKey): string | undefined {
  return Object.hasOwn(advice, key) ? advice[key] : undefined
}
