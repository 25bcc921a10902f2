/**
 * A session as `useChat` shows it: the line of messages that leads to the head. What one run has said is one message, also
 * where it wrote several; a request stands at the tool call that it is about, or as a call of its own.
 *
 * The AI SDK knows steps: what comes after a tool's result belongs to the next one. Its helpers that send by themselves
 * look at the last step only, so a step begins wherever words follow a call.
 */
import { branch, isOpen, type Json, type Message, type Part, type Request, type SessionView } from '@headrace/core'
import { isObject, merged, ownData, withTexts } from './own-data.ts'
import type { ProviderMetadata, UiMessage, UiPart, UiToolPart, UiToolState } from './ui-message.ts'

export interface UiMessageOptions {
  /** What to show beside a message, such as who said it. Default: nothing. */
  readonly metadata?: (message: Message) => unknown
}

/** A session as far as somebody has loaded it. */
export interface Shown {
  readonly messages: readonly Message[]
  readonly view: SessionView
}

interface Made {
  readonly from: readonly unknown[]
  readonly message: UiMessage
}

const none: readonly Request[] = []
type ToolPart = Extract<Part, { readonly kind: 'tool' }>

/** The same message is the same object until something in it changes. */
export class UiMessages {
  readonly #options: UiMessageOptions
  readonly #made = new WeakMap<Message | Request, Made>()

  constructor(options: UiMessageOptions = {}) {
    this.#options = options
  }

  /** All messages of the branch, oldest first. */
  of({ messages, view }: Shown): UiMessage[] {
    const line = branch(messages, view.head).filter((message) => !isBeingReplaced(view, message))
    // Gone through once: this is asked for at every change, and a page may have loaded thousands.
    const said = Map.groupBy(line, (message) => (message.role === 'assistant' ? message.run : undefined))
    const answered = new Set(messages.map((message) => (message.role === 'assistant' ? message.run : undefined)))
    const asking = Map.groupBy(
      view.runs.filter((run) => !answered.has(run.id)),
      (run) => run.input,
    )
    const shown: UiMessage[] = []
    const runs = new Set<string>()
    for (const message of line) {
      if (message.run === undefined) shown.push(this.#make(message.id, [message], none))
      for (const run of [message.run, ...(asking.get(message.id) ?? []).map(({ id }) => id)]) {
        if (run === undefined || runs.has(run)) continue
        runs.add(run)
        const answer = this.#answer(run, said.get(run) ?? [], view)
        if (answer) shown.push(answer)
      }
    }
    return shown
  }

  /** What a run has said and asked so far: a message with the run's id, which is known before it says anything. */
  answer({ messages, view }: Shown, run: string): UiMessage | undefined {
    const said = messages.filter((message) => message.run === run && message.role === 'assistant')
    return this.#answer(run, said, view)
  }

  #answer(run: string, said: readonly Message[], view: SessionView): UiMessage | undefined {
    const requests = view.requests.filter((request) => request.run === run)
    return said.length + requests.length > 0 ? this.#make(run, said, requests) : undefined
  }

  #make(id: string, said: readonly Message[], requests: readonly Request[]): UiMessage {
    const from = [...said, ...requests]
    const [first] = from
    const made = first && this.#made.get(first)
    if (made?.from.length === from.length && made.from.every((each, index) => each === from[index])) return made.message
    const [begun] = said
    const all = said.flatMap((message) => message.parts)
    const parts = all.filter((part) => !isMetadata(part))
    const own: unknown = begun && this.#options.metadata?.(begun)
    const metadata = all.filter(isMetadata).reduce((sum, { value }) => merged(sum, value), own)
    const role = begun?.role ?? 'assistant'
    const message: UiMessage = {
      id,
      role,
      ...(metadata !== undefined && { metadata }),
      parts: role === 'assistant' ? answerParts(parts, requests) : parts.map(toUiPart),
    }
    if (first) this.#made.set(first, { from, message })
    return message
  }
}

function isMetadata(part: Part): part is Extract<Part, { readonly kind: 'data' }> {
  return part.kind === 'data' && part.name === ownData.metadata
}

/** An answer that is being made anew: it goes as soon as that is asked for, not when the new one begins. */
function isBeingReplaced({ runs, messages }: SessionView, message: Message): boolean {
  if (message.run === undefined || message.role !== 'assistant') return false
  return runs.some(
    (run) =>
      run.status !== 'ended' &&
      run.input === message.parent &&
      `agent:${run.agent}` === message.author &&
      run.id !== message.run &&
      !messages.some((other) => other.run === run.id && other.seq > message.seq) &&
      ordinal(run.id) > ordinal(message.run ?? ''),
  )
}

/** Ids of runs are numbered by the seq at which they were queued. */
function ordinal(run: string): number {
  return Number(run.slice(1)) || 0
}

function answerParts(parts: readonly Part[], requests: readonly Request[]): UiPart[] {
  const made: UiPart[] = []
  const linked = new Set<string>()
  let waits = false
  for (const part of parts) {
    const isCall = part.kind === 'tool'
    const last = made.at(-1)
    // A chat gives a call its input in the step in which the call began and in no later one, so no other step begins before.
    if (waits && !isCall) break
    waits ||= isStreamed(part)
    if (last === undefined || (!isCall && last.type.startsWith('tool-'))) made.push({ type: 'step-start' })
    const request = isCall ? requests.find((candidate) => callOf(candidate) === part.callId) : undefined
    if (request) linked.add(request.id)
    made.push(isCall ? toolPart(part, request) : toUiPart(part))
  }
  for (const request of requests) {
    if (linked.has(request.id)) continue
    if (made.length === 0) made.push({ type: 'step-start' })
    made.push(requestPart(request))
  }
  return made
}

/** A call whose input is still to come. */
function isStreamed(part: Part): boolean {
  return part.kind === 'tool' && part.status === 'open' && toolState(part, undefined).state === 'input-streaming'
}

/**
 * The tool call that a request is about. Agents name the request after it or say so in an approval's action; the key of an
 * agent that is called by HTTP says after which call it asked.
 */
export function callOf({ id, run, spec }: Request): string {
  const named =
    spec.kind === 'approval' ? (field(spec.action, 'toolCallId') ?? field(spec.action, 'callId')) : undefined
  return typeof named === 'string' ? named : id.slice(run.length + 1).replace(/^call\d+\.t/, '')
}

function field(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function toUiPart(part: Part): UiPart {
  const state = part.status === 'open' ? 'streaming' : 'done'
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text, state }
    case 'reasoning':
      return { type: 'reasoning', id: part.id, text: part.text, state }
    case 'tool':
      return toolPart(part, undefined)
    case 'file': {
      const { url, mediaType, name } = part
      return { type: 'file', url, mediaType, ...(name !== undefined && { filename: name }) }
    }
    case 'source': {
      const { id, url, title } = part
      return { type: 'source-url', sourceId: id, url, ...(title !== undefined && { title }) }
    }
    case 'data':
      return dataPart(part)
    default:
      return part satisfies never
  }
}

function dataPart({ id, name, value }: Extract<Part, { readonly kind: 'data' }>): UiPart {
  if (name === ownData.document) {
    const document = withTexts(value, ['mediaType', 'title'])
    if (document) {
      const { mediaType, title, filename } = document
      const named = typeof filename === 'string' && { filename }
      return { type: 'source-document', sourceId: id, mediaType, title, ...named }
    }
  }
  if (name === ownData.custom) {
    const custom = withTexts(value, ['kind'])
    if (custom && isKind(custom.kind)) {
      const { kind, providerMetadata: given } = custom
      // Out of a chunk, where it had this shape.
      const provided = isObject(given) && { providerMetadata: given as ProviderMetadata }
      return { type: 'custom', kind, ...provided }
    }
  }
  return { type: `data-${name}`, id, data: value }
}

/** Of the form `provider.type`. */
function isKind(kind: string): kind is `${string}.${string}` {
  return kind.includes('.')
}

function toolPart(part: ToolPart, request: Request | undefined): UiToolPart {
  return { type: `tool-${part.name}`, toolCallId: part.callId, ...toolState(part, request) }
}

function toolState(part: ToolPart, request: Request | undefined): UiToolState {
  const input = inputOfCall(part)
  const approval = request?.spec.kind === 'approval' ? request : undefined
  const decision = decisionOf(approval)
  if (approval && decision?.approved === false) return denied(input, decision)
  const approved = decision && { approval: { ...decision, approved: true as const } }
  if (part.error !== undefined) return { state: 'output-error', input, errorText: part.error, ...approved }
  if (part.output !== undefined) {
    const preliminary = part.status === 'open' && { preliminary: true }
    return { state: 'output-available', input, output: part.output, ...preliminary, ...approved }
  }
  if (request) return requestState(request, input ?? inputOf(request), part.status === 'interrupted')
  if (part.status === 'interrupted') return { state: 'output-error', input, errorText: 'It was stopped.' }
  if (input !== undefined) return { state: 'input-available', input }
  return { state: 'input-streaming', ...(part.text !== '' && { rawInput: part.text }) }
}

function inputOfCall({ input, text, output, error }: ToolPart): unknown {
  if (input !== undefined) return input // `null` is an input as well
  return output === undefined && error === undefined ? undefined : parsed(text)
}

/** The text of an input that was streamed and never given as a whole. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text === '' ? undefined : text
  }
}

function requestPart(request: Request): UiToolPart {
  const { spec, id } = request
  const call = { type: `tool-${nameOf(spec)}` as const, toolCallId: id }
  const state = requestState(request, inputOf(request), false)
  if (state.state !== 'approval-responded') return { ...call, ...state }
  // No call has a result to come, and a chat would wait for one.
  const { reason } = state.approval
  const approval = { ...state.approval, approved: true as const }
  return {
    ...call,
    state: 'output-available',
    input: state.input,
    output: { approved: true, ...(reason !== undefined && { reason }) },
    approval,
  }
}

function nameOf(spec: Request['spec']): string {
  switch (spec.kind) {
    case 'approval': {
      const tool = field(spec.action, 'tool') ?? field(spec.action, 'toolName')
      return typeof tool === 'string' && tool !== '' ? tool : 'approval'
    }
    case 'question':
      return 'question'
    case 'tool':
      return spec.name
    default:
      return spec satisfies never
  }
}

function inputOf({ spec }: Request): unknown {
  switch (spec.kind) {
    case 'approval':
      return spec.action
    case 'question':
      return { title: spec.title, ...(spec.schema && { schema: spec.schema }) }
    case 'tool':
      return spec.input ?? {}
    default:
      return spec satisfies never
  }
}

/** How a request stands that no result of a tool call speaks for. `over`: nobody waits for it any more. */
function requestState(request: Request, input: unknown, over: boolean): UiToolState {
  const { id, spec, answer, detail, digest } = request
  if (isOpen(request) && !over) {
    if (spec.kind !== 'approval') return { state: 'input-available', input }
    // The digest comes back with the answer, which is then bound to the action that was shown.
    const signature = digest !== undefined && { signature: digest }
    return { state: 'approval-requested', input, approval: { id, requestReason: spec.title, ...signature } }
  }
  const decision = decisionOf(request)
  if (spec.kind === 'approval' && decision) {
    const { approved } = decision
    if (!approved) return denied(input, decision)
    if (over) return { state: 'output-error', input, errorText: 'It was stopped.', approval: { ...decision, approved } }
    return { state: 'approval-responded', input, approval: decision }
  }
  if (answer && 'output' in answer) return { state: 'output-available', input, output: answer.output }
  if (answer && 'value' in answer) return { state: 'output-available', input, output: answer.value }
  if (answer && 'error' in answer) return { state: 'output-error', input, errorText: answer.error }
  const why = detail ?? decision?.reason ?? (answer ? 'Nobody answered in time.' : 'It was withdrawn.')
  return { state: 'output-error', input, errorText: why }
}

interface Decision {
  readonly id: string
  readonly approved: boolean
  readonly requestReason?: string
  readonly reason?: string
  readonly signature?: string
}

function decisionOf(request: Request | undefined): Decision | undefined {
  if (!request?.answer || !('decision' in request.answer)) return undefined
  const { id, spec, digest } = request
  const { decision, reason } = request.answer
  return {
    id,
    approved: decision === 'approve',
    requestReason: spec.title,
    ...(reason !== undefined && { reason }),
    ...(digest !== undefined && { signature: digest }),
  }
}

function denied(input: unknown, decision: Decision): UiToolState {
  return { state: 'output-denied', input, approval: { ...decision, approved: false } }
}
