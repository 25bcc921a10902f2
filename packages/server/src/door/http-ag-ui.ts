/**
 * AG-UI: a session as the thread of an AG-UI agent. A request says what is new, and its answer follows the run that comes
 * of it; without anything new it follows the run that is under way. Closing it ends nothing.
 */
import {
  HeadraceError,
  allows,
  mayAnswer,
  sessionId,
  sessionKey,
  type Grant,
  type Message,
  type Outcome,
  type Run,
  type RunId,
  type SessionKey,
  type SessionView,
} from '@headrace/core'
import { agUiInput, createAgUiEncoder, type AgUiEvent, type AgUiInput } from '@headrace/formats/ag-ui'
import { messageOf, newAnswers, newMessages, newState, type NewCommand } from './ag-ui-input.ts'
import { agUiStream } from './ag-ui-stream.ts'
import { EventStream } from './event-stream.ts'
import { streamed } from './http-reply.ts'
import { route, type Answer, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'

/** Messages before the view that are told to a client. */
const maxOlder = 200

interface Asked {
  readonly key: SessionKey
  readonly session: string
  readonly agent: string
  readonly grant: Grant
  readonly input: AgUiInput
}

type Follow = { readonly message: string } | { readonly run: RunId }

export function agUiRoutes(services: HttpServices): readonly Route[] {
  return [
    route(
      'POST /v1/ag-ui/{agent}',
      { body: agUiInput },
      async ({ params: { agent }, body: input, grant, request, response }): Promise<Answer> => {
        const session = sessionId.parse(input.threadId, 'body.threadId')
        mustAllow(grant, session, 'read')
        const asked = { key: sessionKey(grant.tenant, session), session, agent, grant, input }
        const { view, follow, notices } = await take(services, asked)
        const encoder = createAgUiEncoder({
          threadId: session,
          runId: input.runId,
          view,
          older: await olderThan(services, asked, view),
          clientTools: input.tools.map(({ name }) => name),
          mayAnswer: ({ answerers }) => allows(grant, session, 'answer') && mayAnswer(grant.actor, answerers),
          ...(follow && { follow }),
        })
        const format = agUiStream(encoder, notices)
        await EventStream.open(services, { key: asked.key, after: view.seq, grant, request, response, format })
        return streamed
      },
    ),
  ]
}

interface Taken {
  /** The session after all that was new. */
  readonly view: SessionView
  readonly follow: Follow | undefined
  /** What was not taken, and why. */
  readonly notices: readonly AgUiEvent[]
}

/** Takes what is new: state, then answers, then words. */
async function take({ hub }: HttpServices, asked: Asked): Promise<Taken> {
  const { key, agent, grant, input } = asked
  const submit = ({ id, body }: NewCommand): Promise<Outcome> => hub.submit(key, { id, grant, body })
  const before = await viewOf(hub, asked)
  const words = newMessages(input, agent, before)
  if (!before) {
    if (words.length === 0) throw notFound(asked)
    accepted(await hub.submit(key, { grant, body: { type: 'create', agent } }))
  }
  const known = before ?? (await hub.view(key, grant))
  const notices: AgUiEvent[] = []
  const state = stateOf(input, known)
  const patched = state && ('body' in state ? await submit(state) : state)
  if (patched?.outcome === 'refused') notices.push(refusal({ what: 'state', outcome: patched }))
  let follow: Follow | undefined
  for (const { request, commands } of newAnswers(input, known)) {
    for (const command of commands) {
      const outcome = await submit(command)
      // Somebody was faster: what comes of their answer is what comes.
      if (outcome.outcome === 'refused' && !overtaken.has(outcome.error.code)) accepted(outcome)
      if (outcome.outcome === 'refused') notices.push(refusal({ what: 'answer', request, outcome }))
    }
    const run = known.requests.find(({ id }) => id === request)?.run
    follow = run === undefined ? follow : { run: topOf(known.runs, run) }
  }
  let said: number | undefined
  for (const word of words) said = accepted(await submit(word))
  const view = await hub.view(key, grant)
  const message = said === undefined ? undefined : messageOf(view, grant.actor, said)
  return { view, notices, follow: message ? { message: message.id } : present(view, follow ?? underWay(view, agent)) }
}

const overtaken: ReadonlySet<string> = new Set(['request_closed', 'request_taken'])

async function viewOf(hub: HttpServices['hub'], { key, grant }: Asked): Promise<SessionView | undefined> {
  try {
    return await hub.view(key, grant)
  } catch (thrown) {
    if (thrown instanceof HeadraceError && thrown.code === 'session_not_found') return undefined
    throw thrown
  }
}

function notFound({ session }: Asked): HeadraceError {
  const text = `There is no session ${session}, and no message that would begin one.`
  return new HeadraceError('session_not_found', text, { detail: { session } })
}

/** The seq that a command led to. */
function accepted(outcome: Outcome): number {
  if (outcome.outcome === 'refused') throw HeadraceError.fromWire(outcome.error)
  return outcome.seq
}

type Refused = Extract<Outcome, { readonly outcome: 'refused' }>

function stateOf(input: AgUiInput, view: SessionView): NewCommand | Refused | undefined {
  try {
    return newState(input, view)
  } catch (thrown) {
    const error = HeadraceError.from(thrown)
    if (error.code !== 'version_conflict') throw error
    return { outcome: 'refused', error: error.toWire() }
  }
}

/** What a client sends along may be refused without harm: it is told what holds. */
function refusal(about: { readonly what: string; readonly request?: string; readonly outcome: Refused }): AgUiEvent {
  const { what, request, outcome } = about
  const { code, message } = outcome.error
  const value = { what, ...(request !== undefined && { request }), code, message }
  return { type: 'CUSTOM', name: 'headrace.refused', value }
}

/** The run that a person asked for. */
function topOf(runs: readonly Run[], id: RunId): RunId {
  const parent = runs.find((run) => run.id === id)?.parent
  return parent === undefined ? id : topOf(runs, parent)
}

/** The newest run that is not over, of this agent if there is one. */
function underWay({ runs }: SessionView, agent: string): Follow | undefined {
  const open = runs.filter(({ status, parent }) => status !== 'ended' && parent === undefined)
  const run = open.findLast((candidate) => candidate.agent === agent) ?? open.at(-1)
  return run && { run: run.id }
}

/** A run that has left the view is over, and said. */
function present(view: SessionView, follow: Follow | undefined): Follow | undefined {
  if (!follow || 'message' in follow) return follow
  return view.runs.some(({ id }) => id === follow.run) ? follow : undefined
}

async function olderThan({ hub }: HttpServices, { key, grant }: Asked, view: SessionView): Promise<readonly Message[]> {
  if (view.older === 0 && view.olderFor === undefined) return []
  const { rows } = await hub.messages(key, grant, { before: Number.MAX_SAFE_INTEGER, limit: maxOlder })
  return rows.map((row) => JSON.parse(row.json) as Message) // the store gives back what was put there
}
