/** What a simulated agent does with a run: a few things of a table, as the numbers say. */
import type { JsonObject } from '@headrace/core'
import { RunStopped, type AgentRun, type Output } from '@headrace/client/agent'
import type { AgentAudit } from './agent-audit.ts'
import { onlyFor } from './secrets.ts'
import { scripted } from './scripted.ts'
import type { Random } from './random.ts'

export interface WorkOptions {
  readonly audit: AgentAudit
  readonly random: Random
  /** Agents that may be asked. */
  readonly agents: readonly string[]
  /** It shall come to an end soon, and needs nobody. */
  readonly isHurried: boolean
  readonly pause: (ms: number) => Promise<void>
  /** Something to say that may be redacted, where anything is. */
  readonly confidence?: () => string
}

type Habit = readonly [share: number, act: (run: AgentRun, out: Output, options: WorkOptions) => Promise<unknown>]

/** What every agent does. */
const plain: readonly Habit[] = [
  [12, (run, out, { random }) => out.text(`${run.id}/${run.attempt}-${random.below(1_000)} `)],
  [2, (run, out) => out.reasoning(`why ${run.attempt} `)],
  [2, (_run, out, options) => callTool(out, options)],
  [1, (run) => run.only('operators').text(onlyFor('operators'))],
  [1, (run) => run.only('agents').text(onlyFor('agents'))],
  [2, async (run, _out, { random }) => run.usage({ inputTokens: random.below(40), outputTokens: random.below(20) })],
  [3, (run, out) => takeSteers(run, out)],
]

/** What those do of whom something is redacted. */
const confiding: Habit = [8, async (_run, out, { confidence }) => out.text(`${confidence?.() ?? 'nothing'} `)]

/** What only those do who have time and somebody to ask. */
const patient: readonly Habit[] = [
  [2, approve],
  [1, ask],
  [1, callClientTool],
  [1, (run, _out, { random }) => waitApart(run, random)],
  [1, (run, out, options) => askOther(run, out, options)],
]

export async function work(run: AgentRun, options: WorkOptions): Promise<void> {
  const { random, isHurried } = options
  const isStubborn = !isHurried && random.chance(0.15)
  const usual = isHurried || random.chance(0.5) ? plain : [...plain, ...patient]
  const habits = options.confidence ? [...usual, confiding] : usual
  const steps = random.between(1, 3)
  for (let step = 0; step < steps; step += 1) {
    const write = (out: Output): Promise<void> => doThings(run, out, { options, isStubborn, habits })
    if (random.chance(0.5)) await write(run)
    else await run.step(`step${step}`, write)
  }
  if (random.chance(0.1)) throw new Error(`${scripted}, the handler of ${run.id} fails`)
}

async function doThings(
  run: AgentRun,
  out: Output,
  {
    options,
    isStubborn,
    habits,
  }: { readonly options: WorkOptions; readonly isStubborn: boolean; readonly habits: readonly Habit[] },
): Promise<void> {
  const { random, pause } = options
  const pauseMs = random.pick([0, 5, 40, 700]) ?? 0
  const total = habits.reduce((sum, [share]) => sum + share, 0)
  for (let count = random.below(8); count > 0; count -= 1) {
    if (run.signal.aborted && !isStubborn) run.signal.throwIfAborted()
    let rest = random.next() * total
    const chosen = habits.find(([share]) => (rest -= share) < 0)
    try {
      await chosen?.[1](run, out, options)
    } catch (thrown) {
      // Who does not listen goes on writing after a stop; what was let go of is let go of.
      if (!isStubborn || !(thrown instanceof RunStopped) || run.stopped === 'suspended') throw thrown
    }
    if (pauseMs > 0) await pause(random.between(1, 2 * pauseMs))
  }
}

async function callTool(out: Output, { random, pause }: WorkOptions): Promise<void> {
  const callId = `c${random.below(1_000)}`
  await out.write({ type: 'tool-call', callId, name: 'look', input: { at: callId } })
  await pause(random.between(0, 50))
  if (random.chance(0.8)) await out.write({ type: 'tool-result', callId, output: { found: callId } })
}

async function takeSteers(run: AgentRun, out: Output): Promise<void> {
  for (const steer of run.pendingSteers) {
    await out.text(`heard ${steer.id} `)
    run.consume(steer)
  }
}

function expiry(random: Random): { readonly expiresMs?: number } {
  const expiresMs = random.pick([undefined, 1_000, 4_000])
  return expiresMs === undefined ? {} : { expiresMs }
}

async function ask(run: AgentRun, out: Output, { random, audit }: WorkOptions): Promise<void> {
  const options = { key: `ask${random.below(3)}`, ...expiry(random) }
  const value = await run.ask('How many?', { type: 'integer' }, options)
  audit.answered('How many?', (answer) => ('value' in answer ? answer.value : undefined) === value)
  await out.text(`${JSON.stringify(value) ?? 'none'} `)
}

async function callClientTool(run: AgentRun, out: Output, { random, audit }: WorkOptions): Promise<void> {
  const result = await run.clientTool(
    'where',
    {},
    {
      key: `tool${random.below(3)}`,
      ...expiry(random),
      claimMs: 1_000,
      onLapse: random.chance(0.5) ? 'again' : 'fail',
    },
  )
  audit.answered('where', (answer) => JSON.stringify(answer) === JSON.stringify(result))
  await out.text(`${JSON.stringify(result)} `)
}

async function approve(run: AgentRun, out: Output, { random, audit }: WorkOptions): Promise<void> {
  const action: JsonObject = { pay: random.below(3) }
  const ends = expiry(random)
  const onExpiry = ends.expiresMs === undefined ? undefined : random.pick(['deny', 'approve', 'escalate'] as const)
  const isSecret = random.chance(0.2)
  const is = await run.approve(action, {
    title: isSecret ? onlyFor('operators') : 'Pay?',
    ...ends,
    ...(onlyWhen(onExpiry) && { onExpiry }),
    ...(isSecret && { to: 'operators' as const }),
    ...(random.chance(0.3) && { answerers: 'operators' as const }),
  })
  audit.answered(action, (answer) => ('decision' in answer && answer.decision === 'approve') === is)
  await out.text(is ? 'paid ' : 'not paid ')
}

function onlyWhen<T>(value: T | undefined): value is T {
  return value !== undefined
}

/** Lets go of the run until somebody has answered. */
async function waitApart(run: AgentRun, random: Random): Promise<void> {
  const key = `apart${random.below(2)}`
  if (run.answerTo(key)) return
  // The answer comes to a later attempt.
  run.request(key, { kind: 'approval', title: 'Go on?', action: key, ...expiry(random) }).catch(() => undefined)
  await run.suspend(random.chance(0.8) ? { waitsFor: [key] } : {})
}

async function askOther(run: AgentRun, out: Output, { random, agents, audit }: WorkOptions): Promise<void> {
  const agent = random.pick(agents) ?? run.agent
  const child = run.spawn(`child${random.below(2)}`, { agent, text: `for ${run.id}` })
  audit.ended(child).catch(() => undefined)
  if (random.chance(0.5))
    return child.ended.then(
      () => undefined,
      () => undefined,
    )
  child.ended.catch(() => undefined)
  await out.text('asked ')
}
