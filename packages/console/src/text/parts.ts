import { count, number } from './amounts.ts'

export const part = {
  thinking: 'Thinking',
  thought: 'Thought',
  tool: { open: 'Running', done: 'Done', failed: 'Failed', interrupted: 'Interrupted' },
  input: 'Input',
  output: 'Output',
  error: 'Error',
  noInput: 'No input yet',
  sources: 'Sources',
  files: 'Files',
  data: 'Data',
  file: 'File',
  image: (alt: string): string => (alt === '' ? 'Image' : `Image: ${alt}`),
  code: 'Code',
  copy: 'Copy',
  copied: 'Copied',
  done: 'Done:',
  open: 'To do:',
} as const

export const terminal = {
  all: (chars: number): string => `Show all ${number(chars)} characters`,
} as const

/** What a factory's crew notes, see model/factory-fact.ts. */
export const fact = {
  attempt: (task: string, n: number): string => `${task}, attempt ${number(n)}`,
  lesson: (why: string): string => `An earlier attempt: ${why}`,
  clone: (folder: string): string => `Began in its clone \`${folder}\``,
  cell: (inForce: string): string => `Shut in: ${inForce}`,
  round: (n: number): string => `Round ${number(n)}`,
  again: (n: number, why: string): string => `Round ${number(n)}, because: ${why}`,
  killed: (n: number): string => `Its agent was killed from outside, ${count(n, 'time', 'times')}`,
  work: (files: number): string => `Its work left the clone: ${count(files, 'file', 'files')} changed`,
  offered: (task: string, lane: string, n: number): string =>
    `${lane} offers what it did for ${task}${n > 1 ? `, round ${number(n)}` : ''}`,
  verdict: (verdict: string, why: string): string => `The gate: ${verdict}. ${why}`,
  outcome: (outcome: string, why: string): string => `Over: ${outcome}. ${why}`,
  models: (agent: string, calls: number): string => `${agent} works on it: ${count(calls, 'call', 'calls')} to models`,
  plan: (done: number, of: number): string => `Its plan: ${number(done)} of ${count(of, 'step', 'steps')} done`,
  step: (words: string, isDone: boolean): string => (isDone ? `Done: ${words}` : words),
  context: (used: number, size: number): string =>
    size > 0 ? `Its context is ${Math.round((100 * used) / size)} % full` : `${number(used)} tokens of context`,
  asked: (ask: string, of: string): string => (of === '' ? `Asked: ${ask}` : `Asked: ${ask} ${of}`),
  circles: (rung: string): string => `It goes in circles: ${rung}`,
  found: 'Found by plugins, and counted',
  detectorFailed: (name: string, why: string): string => `The detector ${name} is asked no more: ${why}`,
  overruled: (by: string, reason: string): string => `${by} overruled that: ${reason}`,
  turn: 'Its agent’s turn is over',
} as const
