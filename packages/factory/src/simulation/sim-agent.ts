import type { Arm } from '../choice/arm.ts'
import type { Random } from '../choice/random.ts'
import type { AttemptWatch } from '../detect/attempt-watch.ts'
import type { Rung } from '../detect/ladder.ts'
import type { WafflingVerdict } from '../detect/watch-notes.ts'

/** Kinds of tasks on a simulated floor. */
export const simKinds = ['feature', 'bug', 'docs'] as const
export type SimKind = (typeof simKinds)[number]

/** An agent of known quality. */
export interface SimAgent {
  readonly arm: Arm
  /** How likely an attempt at a task of that kind lands, 0 to 1. */
  readonly lands: Readonly<Record<SimKind, number>>
  /** Of the attempts that do not land, the part that goes in circles. */
  readonly circles: number
  /** How likely it finds out of a circle when it is told. */
  readonly listens: number
}

/** What an attempt came to. */
export interface SimAttempt {
  readonly outcome: 'merged' | 'rejected' | 'budget' | 'replaced' | 'nuked' | 'parked'
  readonly steps: number
  readonly tokens: number
  /** It went in circles at some time. */
  readonly circled: boolean
  /** It waited for something long. */
  readonly waited: boolean
  /** Rungs that were taken, in order. */
  readonly rungs: readonly Rung[]
  /** A rung was taken while it was not in circles. */
  readonly wronged: boolean
}

export interface PlayOptions {
  readonly agent: SimAgent
  readonly kind: SimKind
  /** The same numbers give the same attempt. */
  readonly random: Random
  /** Most steps of an attempt. */
  readonly budget: number
  /** Listens to it. Without it only the budget ends a circle. */
  readonly watch?: AttemptWatch
}

const ends = { fresh: 'replaced', nuke: 'nuked', park: 'parked' } as const

/** Ways to go in circles, by the number of the step in it. */
const circles = [
  (): SimCall => ({ name: 'execute', command: 'cat src/list.ts', output: 'export function sum(list) { … }' }),
  (n: number): SimCall =>
    n % 2 === 0
      ? { name: 'execute', command: 'npm test', output: '1 failed: sum adds', failed: true }
      : { name: 'execute', command: 'git diff', output: 'diff --git a/src/list.ts b/src/list.ts' },
  (n: number): SimCall =>
    n % 2 === 0
      ? { name: 'edit', path: `src/list.ts`, text: `try ${n}`, output: 'Edited.' }
      : { name: 'execute', command: 'npm test', output: '1 failed: sum adds', failed: true },
  (n: number): SimCall =>
    n % 2 === 0
      ? { name: 'edit', path: 'probe.js', text: 'probe()', output: 'Written.' }
      : { name: 'delete', path: 'probe.js', output: '' },
] as const

interface SimCall {
  readonly name: 'execute' | 'edit' | 'read' | 'delete'
  readonly command?: string
  readonly path?: string
  readonly text?: string
  readonly output: string
  readonly failed?: true
}

/** Work as it looks: reads, searches, edits and test runs, each with something new in it. */
function goodCall(n: number, salt: number): SimCall {
  const name = `part${salt}x${n}`
  switch (n % 4) {
    case 0:
      return { name: 'read', path: `src/${name}.ts`, output: `export const ${name} = '${salt}'` }
    case 1:
      return { name: 'execute', command: `grep -rn ${name} src`, output: `src/${name}.ts: uses ${name}` }
    case 2:
      return { name: 'edit', path: `src/${name}.ts`, text: `${name}()`, output: 'Edited.' }
    default:
      return { name: 'execute', command: 'npm test', output: `${n} passed, failing: ${name} of ${salt}` }
  }
}

const poll: SimCall = { name: 'execute', command: 'sleep 30; tail -1 build.log', output: 'still running' }

/** Plays one attempt, step by step, with what its agent does when it is told something. Pure. */
export function playAttempt({ agent, kind, random, budget, watch }: PlayOptions): SimAttempt {
  const length = 12 + Math.floor(random() * 28)
  const salt = Math.floor(random() * 1_000_000)
  let lands = random() < agent.lands[kind]
  const strays = !lands && random() < agent.circles
  const straysAt = strays ? 3 + Math.floor(random() * (length - 3)) : Infinity
  const circle = circles[Math.floor(random() * circles.length)] ?? circles[0]
  const waitsAt = random() < 0.2 ? Math.floor(random() * length) : Infinity
  const waits = 10 + Math.floor(random() * 40)
  const rungs: Rung[] = []
  let wronged = false
  let isCircling = false
  let tokens = 0
  let good = 0
  let waited = 0
  let turned = 0
  let steps = 0
  const over = (outcome: SimAttempt['outcome']): SimAttempt => ({
    outcome,
    steps,
    tokens,
    circled: strays,
    waited: waited > 0,
    rungs,
    wronged,
  })
  while (steps < budget) {
    if (good === straysAt && turned === 0) isCircling = true
    const isWaiting = !isCircling && good === waitsAt && waited < waits
    const call = isCircling ? circle(turned) : isWaiting ? poll : goodCall(good, salt)
    if (isCircling) turned += 1
    else if (isWaiting) waited += 1
    else good += 1
    steps += 1
    tokens += 1_500 + Math.floor(random() * 1_000)
    const verdict = watch && heard(watch, call, steps)
    if (verdict) {
      rungs.push(verdict.rung)
      if (!isCircling) wronged = true
      if (verdict.rung !== 'nudge' && verdict.rung !== 'narrow') return over(ends[verdict.rung])
      watch.turnEnded()
      if (isCircling && random() < agent.listens) {
        isCircling = false
        lands = random() < agent.lands[kind]
      }
    }
    if (!isCircling && good >= length) return over(lands ? 'merged' : 'rejected')
  }
  return over('budget')
}

function heard(
  watch: AttemptWatch,
  { name, output, failed, ...input }: SimCall,
  n: number,
): WafflingVerdict | undefined {
  const callId = String(n)
  watch.hear({ type: 'tool-call', callId, name, input: { title: name, input } })
  return failed
    ? watch.hear({ type: 'tool-error', callId, error: output })
    : watch.hear({ type: 'tool-result', callId, output })
}
