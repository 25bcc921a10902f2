/**
 * The HTTP side of chats of the AI SDK: what its `DefaultChatTransport` asks for. The id of a chat is that of its session.
 * A closed connection means nothing; the run goes on, and the chat finds it again.
 */
import type { ServerResponse } from 'node:http'
import { sessionKey, type Grant, type HeadraceError, type HiddenEvent, type SessionEvent } from '@headrace/core'
import { UiMessages, forVersion, type AiSdkVersion, type UiChunk, type UiStream } from '@headrace/formats/ai-sdk'
import { aiSdkChat, readVersion, versionHeader } from './ai-sdk-chat.ts'
import { stopTurn, streamTurn, takeTurn, turnUnderWay, viewOf, type ChatDoor, type Turn } from './ai-sdk-turn.ts'
import { EventStream, type StreamFormat } from './event-stream.ts'
import { json, streamed } from './http-reply.ts'
import { route, type Answer, type Call, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'

/** How a client of the AI SDK tells its streams. */
const streamHeaders = { 'x-vercel-ai-ui-message-stream': 'v1' }

export function aiSdkRoutes(services: HttpServices): readonly Route[] {
  const doorTo = (session: string, grant: Grant): ChatDoor => {
    mustAllow(grant, session, 'read')
    return { hub: services.hub, key: sessionKey(grant.tenant, session), session, grant }
  }
  return [
    route('POST /v1/ai-sdk/chat', { body: aiSdkChat }, async (call) => {
      const door = doorTo(call.body.id, call.grant)
      const version = versionOf(call)
      return follow(services, call, { door, version, turn: await takeTurn(door, call.body) })
    }),

    route('GET /v1/ai-sdk/chat/{session}/stream', {}, async (call) => {
      const door = doorTo(call.params.session, call.grant)
      const version = versionOf(call)
      const turn = await turnUnderWay(door)
      return turn ? follow(services, call, { door, version, turn }) : { status: 204 }
    }),

    route('POST /v1/ai-sdk/chat/{session}/stop', {}, async ({ params: { session }, grant }) => {
      await stopTurn(doorTo(session, grant))
      return { status: 204 }
    }),

    route('GET /v1/ai-sdk/chat/{session}/messages', {}, async ({ params: { session }, grant }) => {
      const view = await viewOf(doorTo(session, grant))
      const messages = view ? new UiMessages().of({ messages: view.messages, view }) : []
      return json(200, { messages })
    }),
  ]
}

type AnyCall = Pick<Call<object, unknown, unknown>, 'request' | 'response'>

function versionOf({ request }: AnyCall): AiSdkVersion {
  return readVersion(request.headers[versionHeader.toLowerCase()])
}

interface Followed {
  readonly door: ChatDoor
  readonly turn: Turn
  readonly version: AiSdkVersion
}

async function follow(services: HttpServices, { request, response }: AnyCall, about: Followed): Promise<Answer> {
  const { door, turn, version } = about
  const stream = await streamTurn(door, turn, version)
  setHeaders(response)
  if (!stream) return nothing(version)
  const { key, grant } = door
  await EventStream.open(services, {
    key,
    after: turn.view.seq,
    grant,
    request,
    response,
    format: formatOf(stream),
  })
  return streamed
}

function setHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(streamHeaders)) response.setHeader(name, value)
}

/** What was asked for is done already. `interrupted` keeps a chat from asking again by itself. */
function nothing(version: AiSdkVersion): Answer {
  const chunk = forVersion({ type: 'finish', finishReason: 'interrupted' }, version)
  return {
    status: 200,
    headers: { 'Content-Type': 'text/event-stream; charset=utf-8' },
    body: sse(chunk ? [chunk] : [], true),
  }
}

function formatOf(stream: UiStream): StreamFormat {
  return {
    begin: () => sse(stream.begin(), stream.isOver),
    page({ events }) {
      const seen = events.map((event) => JSON.parse(event) as SessionEvent | HiddenEvent) // as they were stored
      return Buffer.from(sse(stream.push(seen), stream.isOver), 'utf8')
    },
    get isOver() {
      return stream.isOver
    },
    failed: ({ message }: HeadraceError) => sse([{ type: 'error', errorText: message }], true),
  }
}

function sse(chunks: readonly UiChunk[], isLast: boolean): string {
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
  return isLast ? `${text}data: [DONE]\n\n` : text
}
