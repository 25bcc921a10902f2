/** Rules for what people bring: sessions and inputs (C1, C2). */
import { sees } from '../audience.ts'
import { changeSettings, mergeMetadata } from '../fold/settings.ts'
import type { AgentName, MessageId } from '../ids.ts'
import type { Budget } from '../usage.ts'
import type { CommandBody } from '../commands.ts'
import type { SendPolicy, SessionSettings } from '../events.ts'
import type { JsonObject } from '../json.ts'
import type { Run } from '../view.ts'
import { enforceBudgets, mustHaveBudget } from './budget.ts'
import { cancelRun } from './cancel.ts'
import { permit, queuedRuns, refuse, within, type Draft } from './draft.ts'
import { addMessage, refuseUnknown, type FindMessage } from './messages.ts'
import { steerRun } from './steer.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

export function create(draft: Draft, settings: SessionSettings): void {
  if (draft.view.seq > 0) return // it exists already: asking again is harmless
  if (settings.metadata) withinMetadata(draft, settings.metadata)
  const given = Object.entries(settings).filter(([key, value]) => key !== 'type' && value !== undefined)
  draft.emit('session.created', Object.fromEntries(given))
}

/** What changes nothing is a no-op. */
export function update(draft: Draft, { type: _, metadata: patch, ...change }: Body<'update'>): void {
  const { view } = draft
  const settings = Object.entries(change).filter(([, value]) => value !== undefined)
  const changed = changeSettings(view, Object.fromEntries(settings))
  const isSame = settings.every(([key]) => JSON.stringify(at(view, key)) === JSON.stringify(at(changed, key)))
  const isPatched = patch !== undefined && patchMetadata(draft, patch)
  if (isSame && !isPatched) return
  if (!isSame) permit(draft, 'control', 'changing settings')
  draft.emit('session.updated', {
    ...(isPatched && { metadata: patch }),
    ...(!isSame && Object.fromEntries(settings)),
  })
  if (!change.budget && !change.participantBudget) return
  for (const run of draft.view.runs) if (run.status !== 'ended') enforceBudgets(draft, run.id)
}

function at(view: object, key: string): unknown {
  return Object.entries(view).find(([name]) => name === key)?.[1]
}

/** Whether a patch of metadata changes anything; refused when it may not. */
function patchMetadata(draft: Draft, patch: JsonObject): boolean {
  const { metadata: before } = draft.view
  const after = mergeMetadata(before, patch)
  if (Object.keys(patch).every((key) => JSON.stringify(before[key]) === JSON.stringify(after[key]))) return false
  withinMetadata(draft, after)
  within(JSON.stringify(patch).length, draft.limits, 'eventChars', 'Remove fewer keys at once.')
  return true
}

function withinMetadata(draft: Draft, metadata: JsonObject): void {
  const advice = 'Keep big data elsewhere and store its address.'
  within(JSON.stringify(metadata).length, draft.limits, 'metadataChars', advice)
}

export function send(draft: Draft, body: Body<'send'>, find: FindMessage): void {
  const { agent = draft.view.agent, agents = [agent], policy = draft.view.policy } = body
  if (body.agent !== undefined && body.agents) {
    refuse('bad_request', 'Name one agent in `agent` or several in `agents`, not both.', { path: 'agents' })
  }
  const active = policy === 'steer' && body.edits === undefined ? steerable(draft, agents) : undefined
  if (active) {
    if (draft.view.policy !== 'steer') mayDisturb(draft, [active], "steering other people's runs")
    return steerRun(draft, active, body, find)
  }
  mustHaveBudget(draft, draft.command.grant.actor)
  for (const name of agents) makeRoom(draft, name, policy)
  const input = addMessage(draft, { ...body, asked: agents }, find)
  for (const name of new Set(agents)) queueRun(draft, { input, agent: name, policy, budget: body.budget })
}

/** The run that a message for one agent can be handed to. */
function steerable(draft: Draft, agents: readonly AgentName[]): Run | undefined {
  if (agents.length > 1) return undefined
  return draft.view.runs.findLast(
    (run) => run.agent === agents[0] && run.parent === undefined && run.status === 'active' && !run.cancel,
  )
}

export function regenerate(draft: Draft, { input, agent, policy }: Body<'regenerate'>, find: FindMessage): void {
  const found = find(input)
  const message = found && sees(draft.command.grant, found.to) ? found : refuseUnknown(input)
  if (message.run !== undefined) {
    refuse('bad_request', `input names the answer ${input}. Name the message that it answers: ${message.parent}.`, {
      path: 'input',
    })
  }
  const chosen = agent ?? draft.view.agent
  if (!sees({ actor: `agent:${chosen}` }, message.to)) {
    refuse('bad_request', `The agent ${chosen} does not see the message ${input}. Send it a message of its own.`, {
      path: 'agent',
    })
  }
  mustHaveBudget(draft, draft.command.grant.actor)
  makeRoom(draft, chosen, policy ?? draft.view.policy)
  queueRun(draft, { input, agent: chosen, policy: policy ?? draft.view.policy, budget: undefined })
}

/** What the policy says when the agent already has work here. What other agents asked of it is their affair. */
function makeRoom(draft: Draft, agent: AgentName, policy: SendPolicy): void {
  const open = draft.view.runs.filter(
    (run) => run.agent === agent && run.status !== 'ended' && run.parent === undefined,
  )
  const [first] = open
  if (policy === 'reject' && first) {
    const advice = 'Wait for it, cancel it, or send with another policy.'
    refuse('agent_busy', `${agent} is busy with run ${first.id} and the policy is reject. ${advice}`, {
      agent,
      run: first.id,
    })
  }
  if (policy !== 'interrupt') return
  if (draft.view.policy !== 'interrupt') mayDisturb(draft, open, "interrupting other people's runs")
  for (const run of open) cancelRun(draft, run)
}

/** A sender's own choice must not stop or steer what others asked for, unless they could. As the session's policy it may. */
function mayDisturb(draft: Draft, runs: readonly Run[], what: string): void {
  if (runs.some((run) => run.by !== draft.command.grant.actor)) permit(draft, 'control', what)
}

interface NewRun {
  readonly input: MessageId
  readonly agent: AgentName
  readonly policy: SendPolicy
  readonly budget: Budget | undefined
}

function queueRun(draft: Draft, { input, agent, policy, budget = draft.view.runBudget }: NewRun): void {
  within(queuedRuns(draft.view) + 1, draft.limits, 'queuedRuns', 'Wait until agents have taken some, or cancel some.')
  const id = `r${draft.nextSeq}`
  const { maxAttempts } = draft.view
  draft.emit('run.queued', { id, agent, input, policy, maxAttempts, ...(budget && { budget }) }, { run: id })
}
