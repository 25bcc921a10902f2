/** What the floor says to an agent. Pure. */
import type { BudgetWarning } from '@headrace/client/agent'
import type { Message } from '@headrace/core'
import { textOf } from '@headrace/core'
import type { AttemptOrder } from '../foreman/notes.ts'
import { proposalsAsked } from '../horizon/agent-proposals.ts'
import type { Oversight } from '../floor/plan-floor.ts'

export interface Mandate {
  /** What the lane is for and when it has succeeded, in Markdown. */
  readonly text: string
  readonly oversight: Oversight
  /** Globs of what may be changed. Empty: everything that is not protected. */
  readonly surfaces: readonly string[]
  /** The command by which the gate judges. */
  readonly test: string
  /** Where features belong, in words, where core stays as it is. */
  readonly features?: string
}

const ending: Readonly<Record<Oversight, string>> = {
  observe: 'Change nothing. Your report is what counts.',
  propose: 'Leave your changes in this folder, committed or not. They are shown to a person as a proposal.',
  branch:
    'Leave your changes in this folder, committed or not. They are put on a branch if the gate is green, and a person merges it.',
  merge: 'Leave your changes in this folder, committed or not. They are merged if the gate is green.',
  unattended: 'Leave your changes in this folder, committed or not. They are merged if the gate is green.',
}

/** The first words of an attempt. */
export function taskPrompt(order: AttemptOrder, mandate: Mandate, skills = ''): string {
  const { title, body, acceptance, lessons, nearby = [] } = order
  const isAhead = order.kind === 'horizon' && mandate.oversight === 'observe'
  const last = isAhead ? proposalsAsked : ending[mandate.oversight]
  return sections([
    mandate.text,
    skills,
    `# Task ${order.task}: ${title}`,
    body,
    list('It is done when:', acceptance),
    list('Earlier attempts failed. Do not repeat them:', lessons),
    list('Other work on these files taught this:', nearby),
    mandate.surfaces.length > 0 ? list('Change only files that fit:', mandate.surfaces) : '',
    order.kind === 'feature' ? (mandate.features ?? '') : '',
    `You work in a clone of your own. Do not push. ${mandate.oversight === 'observe' ? '' : `The gate runs \`${mandate.test}\`; run it yourself before you end. `}${last}`,
  ])
}

/** After it was cut off in the middle: its process, or ours, was gone. The task follows. */
export const goOnPrompt = 'You were interrupted. Look at what is in this folder already, and go on with the task.'

/** After the gate has said no. */
export function redPrompt(why: string, evidence: string): string {
  return sections([
    'The gate did not take your work.',
    why,
    evidence === '' ? '' : `What it printed at the end:\n\n${fenced(evidence)}`,
    'Correct the cause. Weakening, skipping or deleting tests is not taken.',
  ])
}

/** What a person says to it while it works. */
export function steerPrompt(steers: readonly Message[]): string {
  return sections(steers.map((steer) => `${steer.name ?? steer.author} says:\n\n${textOf(steer)}`))
}

/** When so much of a budget is gone. */
export function budgetPrompt({ measure, percent, used, limit }: BudgetWarning): string {
  const of = `${amountOf(measure, used)} of ${amountOf(measure, limit)}`
  const then = percent < 75 ? 'Plan with what is left.' : 'Come to an end: finish what is needed, and nothing else.'
  return `${percent} % of the budget of this attempt is used up: ${of}. ${then} At the limit you are stopped.`
}

function amountOf(measure: BudgetWarning['measure'], value: number): string {
  switch (measure) {
    case 'tokens':
      return `${value} tokens`
    case 'costUsd':
      return `${value} US dollars`
    case 'toolCalls':
      return `${value} tool calls`
    case 'timeMs':
      return `${Math.round(value / 1_000)} s`
    default:
      return measure satisfies never
  }
}

/** It goes in circles: the fact, and that is all. */
export function nudgePrompt(evidence: readonly string[]): string {
  return sections([
    list('You seem to go in circles:', evidence),
    'Doing it again will not bring more. Do something else, or say what you wait for, or what keeps you from going on.',
  ])
}

/** It was told, and goes on in circles: what it may still do is what the task asks for. */
export function narrowPrompt(evidence: readonly string[], order: AttemptOrder, mandate: Mandate): string {
  const { title, acceptance } = order
  return sections([
    list('You still go in circles:', evidence),
    `From now on there is only this to do: ${title}`,
    list('It is done when:', acceptance),
    mandate.surfaces.length > 0 ? list('Change only files that fit:', mandate.surfaces) : '',
    `Look at nothing that you have seen already. Take the smallest step that changes one of these files, run \`${mandate.test}\` once, and end. If that can't be done, end now and say why.`,
  ])
}

/** What the next one is told of an attempt that went in circles. */
export function lessonOf(evidence: readonly string[]): string {
  return `It went in circles: ${evidence.join('; ')}.`.slice(0, 1_000)
}

/** After its turn was ended so that it hears something that can't wait. */
export const afterWarningPrompt = 'Go on with the task.'

export const afterPausePrompt = 'You were held still for a while, and files may have changed meanwhile. Go on.'

function sections(parts: readonly string[]): string {
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n\n')
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines.map((line) => `- ${line.replaceAll('\n', ' ')}`)].join('\n')
}

/** What a program printed can hold fences of its own. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
