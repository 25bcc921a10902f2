/**
 * What a client of AG-UI asks for, as commands of the session. It sends all that it knows with each run; only what is new
 * is taken, and each thing under an id of its own, so that a run that is asked for again says nothing twice.
 */
import {
  HeadraceError,
  canonical,
  commandBody,
  isOpen,
  sha256,
  type CommandBody,
  type Json,
  type JsonObject,
  type JsonPatch,
  type JsonPatchOp,
  type Message,
  type PartStart,
  type Request,
  type SessionView,
} from '@headrace/core'
import { fromAgUiContent, fromResume, type AgUiInput, type AgUiMessage, type AgUiResume } from '@headrace/formats/ag-ui'

/** A command, and the id that a retry has too. */
export interface NewCommand {
  readonly id: string
  readonly body: CommandBody
}

type Said = Extract<AgUiMessage, { readonly role: 'user' }>
type Result = Extract<AgUiMessage, { readonly role: 'tool' }>

/** Tools that clients of AG-UI run are run by this device. */
const device = 'ag-ui'

/** An id for what a client names as it likes. */
function idFor(...about: readonly string[]): string {
  return `ag-ui.${sha256(canonical(about))}`
}

/** The end of the list, after the last message of the agent: what the session may not know. */
function endOf(messages: readonly AgUiMessage[]): readonly AgUiMessage[] {
  return messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1)
}

/** The messages of the person that are new, the last one as the question. */
export function newMessages(input: AgUiInput, agent: string, view: SessionView | undefined): readonly NewCommand[] {
  const known = new Set(view?.messages.map(({ id }) => id))
  const said = endOf(input.messages).filter((message): message is Said => message.role === 'user')
  const fresh = said
    .filter(({ id }) => !known.has(id))
    .map(({ id, content }) => ({ id, parts: fromAgUiContent(content) }))
    .filter(({ parts }) => parts.length > 0)
  return fresh.map(({ id, parts }, index) => {
    const isLast = index === fresh.length - 1
    const body: CommandBody = isLast
      ? { type: 'send', agent, parts: [...parts, ...besides(input)] }
      : { type: 'post', parts }
    return { id: idFor('message', id), body: commandBody.parse(body, 'body.messages') }
  })
}

/** What the agent is told beside the words: in a part of the message, so that it is there for every attempt. */
function besides({ tools, context, forwardedProps }: AgUiInput): readonly PartStart[] {
  const hasProps =
    forwardedProps !== undefined && forwardedProps !== null && canonical(forwardedProps) !== canonical({})
  if (tools.length === 0 && context.length === 0 && !hasProps) return []
  const value = {
    ...(tools.length > 0 && { tools }),
    ...(context.length > 0 && { context }),
    ...(hasProps && { forwardedProps }),
  }
  return [{ kind: 'data', name: 'ag-ui', value: value as unknown as JsonObject }] // it came as JSON
}

/** An answer to a request, and what must come before it. */
export interface NewAnswer {
  readonly request: string
  readonly commands: readonly NewCommand[]
}

/**
 * The answers to what waits.
 *
 * @throws HeadraceError `bad_request` when one is no answer to what is asked
 */
export function newAnswers(input: AgUiInput, { requests }: SessionView): readonly NewAnswer[] {
  const resumed = (input.resume ?? []).map((entry) => {
    const request = requests.find(({ id }) => id === entry.interruptId)
    return { request: entry.interruptId, commands: request && isOpen(request) ? answer(input, request, entry) : [] }
  })
  const results = endOf(input.messages)
    .filter((message): message is Result => message.role === 'tool')
    .flatMap((result) => {
      const request = requests.find((candidate) => isFor(candidate, result))
      return request ? [{ request: request.id, commands: runTool(request, result) }] : []
    })
  return [...resumed, ...results]
}

function isFor(request: Request, { toolCallId }: Result): boolean {
  const names = [request.id, request.id.slice(request.run.length + 1)]
  return request.spec.kind === 'tool' && isOpen(request) && names.includes(toolCallId)
}

function answer({ runId }: AgUiInput, request: Request, entry: AgUiResume): readonly NewCommand[] {
  const id = idFor('answer', runId, request.id)
  const given = fromResume(request, entry)
  if (request.spec.kind === 'tool') return claimed(request.id, { id, body: answering(request, given) })
  const headrace = entry.metadata?.['headrace']
  const seen =
    typeof headrace === 'object' && headrace !== null && 'digest' in headrace ? headrace['digest'] : undefined
  const digest = typeof seen === 'string' ? seen : request.digest
  return [{ id, body: commandBody.parse({ ...answering(request, given), digest }, 'body.resume') }]
}

function answering({ id }: Request, given: Extract<CommandBody, { readonly type: 'answer' }>['answer']): CommandBody {
  return { type: 'answer', request: id, answer: given }
}

function runTool(request: Request, { id, content, error }: Result): readonly NewCommand[] {
  const output = typeof content === 'string' ? parsed(content) : (content as unknown as Json) // it came as JSON
  const given = error === undefined ? { output } : { error: error.slice(0, 65_536) || 'The tool failed.' }
  return claimed(request.id, { id: idFor('result', id), body: answering(request, given) })
}

function claimed(request: string, { id, body }: NewCommand): readonly NewCommand[] {
  return [
    { id: `${id}.claim`, body: { type: 'claim-request', request, device } },
    { id, body: commandBody.parse({ ...body, device }, 'body.messages') },
  ]
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json // whatever JSON.parse returns is JSON
  } catch {
    return text
  }
}

/**
 * What the client has changed of the document; `undefined` if nothing. A client sends its state whole, also when it has
 * only ever read it, so it counts only for the version that the client has: the messages that it was given say which.
 *
 * @throws HeadraceError `version_conflict` when the document has another version by now
 */
export function newState({ state, runId, messages }: AgUiInput, { document }: SessionView): NewCommand | undefined {
  if (state === undefined || state === null || canonical(state) === canonical(document.value)) return undefined
  const version = Math.max(0, ...messages.map(versionIn))
  if (version === 0 && canonical(state) === canonical({})) return undefined
  if (version !== document.version) {
    const text = `The document has version ${document.version}; the state that was sent is of version ${version}.`
    throw new HeadraceError('version_conflict', text, { detail: { version: document.version } })
  }
  const body = { type: 'patch' as const, version, patch: changes(document.value, state) }
  return { id: idFor('state', runId), body: commandBody.parse(body, 'body.state') }
}

function versionIn({ metadata }: AgUiMessage): number {
  const headrace = metadata?.['headrace']
  const version = typeof headrace === 'object' && headrace !== null && 'document' in headrace ? headrace['document'] : 0
  return Number.isSafeInteger(version) ? Number(version) : 0
}

/** Field by field, so that whoever follows sees what changed. */
function changes(before: Json, after: Json): JsonPatch {
  const whole: JsonPatch = [{ op: 'replace', path: '', value: after }]
  if (!isObject(before) || !isObject(after)) return whole
  const at = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key))
  const ops: readonly JsonPatchOp[] = [
    ...gone.map((key) => ({ op: 'remove' as const, path: at(key) })),
    ...Object.entries(after)
      .filter(([key, value]) => !Object.hasOwn(before, key) || canonical(before[key] ?? null) !== canonical(value))
      .map(([key, value]) => ({ op: 'add' as const, path: at(key), value })),
  ]
  return ops.length > 0 && ops.length <= 100 && ops.every(({ path }) => path.length <= 1_024) ? ops : whole
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The message that a command has added, in the view after it. */
export function messageOf(view: SessionView, actor: string, seq: number): Message | undefined {
  return view.messages.findLast((message) => message.seq <= seq && message.author === actor && message.role === 'user')
}
