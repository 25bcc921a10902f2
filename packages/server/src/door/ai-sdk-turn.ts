/**
 * What a chat of the AI SDK asks for, as commands of its session. Each has an id made of what is asked, so that a request
 * that is sent again is the same command.
 */
import {
  HeadraceError,
  canonical,
  commandBody,
  sha256,
  type CommandBody,
  type Grant,
  type Json,
  type Message,
  type MessageId,
  type Outcome,
  type Run,
  type SessionKey,
  type SessionView,
} from '@headrace/core'
import {
  createUiStream,
  fromUiMessage,
  givenAnswers,
  isWaiting,
  runFor,
  sameParts,
  type AiSdkVersion,
  type GivenMessage,
  type UiPart,
  type UiStream,
} from '@headrace/formats/ai-sdk'
import type { Hub } from '../hub-types.ts'
import { knownParts, type AiSdkChat } from './ai-sdk-chat.ts'

export interface ChatDoor {
  readonly hub: Pick<Hub, 'submit' | 'view' | 'messages'>
  readonly key: SessionKey
  readonly session: string
  readonly grant: Grant
}

/** What a chat follows from here on. */
export interface Turn {
  readonly view: SessionView
  /** Without one nothing is to come. */
  readonly run?: string
  /** What the chat has of its answer. */
  readonly base?: readonly UiPart[]
}

/** Tools that pages run are run by this device. */
const device = 'ai-sdk'
/** Messages before the view in which a long answer may have begun. */
const maxOlder = 200
/** What the loser of a race is told: the session shows who won. */
const lost: ReadonlySet<string> = new Set(['request_closed', 'request_taken', 'request_not_found'])

/** Takes what is new. Resolves when it is durable. */
export async function takeTurn(door: ChatDoor, chat: AiSdkChat): Promise<Turn> {
  const before = await viewOf(door)
  if (chat.trigger === 'regenerate-message') return regenerate(door, chat, before ?? unknown(door))
  const message = chat.messages.find(({ id }) => id === chat.messageId) ?? chat.messages.at(-1)
  switch (message?.role) {
    case 'user':
      return send(door, chat, message, before)
    case 'assistant':
      return goOn(door, chat, message, before ?? unknown(door))
    default: {
      const text = 'The last message must be one of a person, or one of an agent with answers to what it asked.'
      throw new HeadraceError('bad_request', text, { detail: { path: 'body.messages' } })
    }
  }
}

/** The answer that is under way: of the run at work, else of the first that waits. */
export async function turnUnderWay(door: ChatDoor): Promise<Turn | undefined> {
  const view = await viewOf(door)
  const open = view?.runs.filter((run) => isOwn(run) && run.status !== 'ended' && !isWaiting(view, run)) ?? []
  const run = open.find(({ status }) => status === 'active') ?? open[0]
  return view && run && { view, run: run.id }
}

/** The stream of what a turn follows, from its beginning; `undefined` where there is nothing to come. */
export async function streamTurn(door: ChatDoor, turn: Turn, version: AiSdkVersion): Promise<UiStream | undefined> {
  const { view, run, base } = turn
  if (run === undefined) return undefined
  return createUiStream({ view, run, older: await olderThan(door, view), version, ...(base && { base }) })
}

async function olderThan({ hub, key, grant }: ChatDoor, view: SessionView): Promise<readonly Message[]> {
  if (view.older === 0 && view.olderFor === undefined) return []
  const { rows } = await hub.messages(key, grant, { before: Number.MAX_SAFE_INTEGER, limit: maxOlder })
  return rows.map((row) => JSON.parse(row.json) as Message) // the store gives back what was put there
}

/**
 * Stops a run, or all of them.
 *
 * @throws HeadraceError why it may not be stopped
 */
export async function stopTurn(door: ChatDoor, run?: string): Promise<void> {
  const target = run === undefined ? ({ all: true } as const) : { run }
  const outcome = await submit(door, { type: 'cancel', target })
  if (outcome.outcome !== 'refused' || outcome.error.code === 'run_ended') return
  if (outcome.error.code !== 'forbidden') throw HeadraceError.fromWire(outcome.error)
  // Who may not control runs may take back what they asked for themselves.
  accepted(await submit(door, { type: 'cancel', target: { own: true } }))
}

export async function viewOf({ hub, key, grant }: ChatDoor): Promise<SessionView | undefined> {
  try {
    return await hub.view(key, grant)
  } catch (thrown) {
    if (thrown instanceof HeadraceError && thrown.code === 'session_not_found') return undefined
    throw thrown
  }
}

async function send(
  door: ChatDoor,
  { messages, messageId, agent, policy }: AiSdkChat,
  message: GivenMessage,
  before: SessionView | undefined,
): Promise<Turn> {
  const parts = await fromUiMessage(message)
  const known = before?.messages.find(({ id, role }) => id === message.id && role === 'user')
  if (before && known && sameParts(known, parts)) return answerAgain(door, before, known.id, message.id)
  const edited = messageId === undefined ? undefined : (known ?? (before && said(before, messages, message)))
  const asked = {
    type: 'send',
    parts,
    ...(agent !== undefined && { agent }),
    ...(policy !== undefined && { policy }),
    ...(edited && { edits: edited.id }),
  }
  const body = commandBody.parse(asked, 'body')
  // What is refused makes no session.
  if (!before) accepted(await submit(door, { type: 'create' }))
  const about = { message: message.id, parts: parts as unknown as Json, edits: edited?.id ?? null } // parts are JSON
  const seq = accepted(await submit(door, body, about))
  const view = await door.hub.view(door.key, door.grant)
  // Of the messages up to the command's last event the newest of this sender is its own.
  const sent = view.messages.findLast((each) => each.author === door.grant.actor && each.seq <= seq)
  return { view, ...runOf(sent && runFor(view, sent.id)) }
}

/**
 * A person's message that the chat knows under an id of its own: the one that stands where it stands, after the same
 * answer.
 */
function said(view: SessionView, messages: readonly GivenMessage[], message: GivenMessage): Message | undefined {
  const known = view.messages.find(({ id, role }) => id === message.id && role === 'user')
  if (known) return known
  const before = messages[messages.indexOf(message) - 1]
  const above = before && new Set(view.messages.filter((each) => each.run === before.id).map(({ id }) => id))
  return view.messages.findLast(
    ({ role, run, parent }) =>
      role === 'user' && run === undefined && (parent === null ? before === undefined : above?.has(parent) === true),
  )
}

async function regenerate(door: ChatDoor, { messages, messageId }: AiSdkChat, view: SessionView): Promise<Turn> {
  const answered = view.runs.find(({ id }) => id === messageId)?.input
  const parent = view.messages.find(({ run, role }) => run === messageId && role === 'assistant')?.parent
  const last = messages.findLast(({ role }) => role === 'user')
  const input =
    answered ??
    parent ??
    (last && said(view, messages, last)?.id) ??
    view.messages.findLast(({ role, run }) => role === 'user' && run === undefined)?.id
  if (input === undefined) throw new HeadraceError('bad_request', 'There is no message to answer again.')
  return answerAgain(door, view, input, messageId ?? runFor(view, input)?.id ?? '')
}

/** @param instead - the answer that is not wanted: asked again for another one in its place, there is one */
async function answerAgain(door: ChatDoor, before: SessionView, input: MessageId, instead: string): Promise<Turn> {
  const underWay = runFor(before, input)
  if (underWay && underWay.status !== 'ended') return { view: before, run: underWay.id }
  accepted(await submit(door, { type: 'regenerate', input }, { regenerate: input, instead }))
  const view = await door.hub.view(door.key, door.grant)
  return { view, ...runOf(runFor(view, input)) }
}

/** Takes the answers in the messages; the run goes on with them. */
async function goOn(door: ChatDoor, chat: AiSdkChat, message: GivenMessage, before: SessionView): Promise<Turn> {
  let seq = 0
  for (const { request, answer, digest } of givenAnswers(chat.messages, before.requests)) {
    const { id } = request
    const isTool = request.spec.kind === 'tool'
    if (isTool) tolerated(await submit(door, { type: 'claim-request', request: id, device }, { claim: id }))
    const body: CommandBody = {
      type: 'answer',
      request: id,
      answer,
      ...(digest !== undefined && { digest }),
      ...(isTool && { device }),
    }
    seq = Math.max(seq, tolerated(await submit(door, commandBody.parse(body, 'body.messages'), { answer: id })))
  }
  const view = await door.hub.view(door.key, door.grant)
  const run = view.runs.find(({ id }) => id === message.id)
  if (!run || (seq === 0 && run.status === 'ended')) return { view }
  return { view, run: run.id, base: knownParts(message) }
}

function submit({ hub, key, grant }: ChatDoor, body: CommandBody, about?: Json): Promise<Outcome> {
  return hub.submit(key, { ...(about !== undefined && { id: `ai-sdk.${sha256(canonical(about))}` }), grant, body })
}

/** The seq that a command led to. */
function accepted(outcome: Outcome): number {
  if (outcome.outcome === 'refused') throw HeadraceError.fromWire(outcome.error)
  return outcome.seq
}

/** The same; 0 where somebody else was first. */
function tolerated(outcome: Outcome): number {
  return outcome.outcome === 'refused' && lost.has(outcome.error.code) ? 0 : accepted(outcome)
}

function runOf(run: Run | undefined): { readonly run?: string } {
  return run ? { run: run.id } : {}
}

/** Of somebody, and not of an agent. */
function isOwn({ parent }: Run): boolean {
  return parent === undefined
}

function unknown({ session }: ChatDoor): never {
  throw new HeadraceError('session_not_found', `There is no session ${session} yet; its first message makes it.`, {
    detail: { session },
  })
}
