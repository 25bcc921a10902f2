import { object, oneOf, optional, string, type Json } from '@headrace/core'
import type { Chunk } from '@headrace/client/agent'
import type { AgentAtWork, AgentKind, AgentStart, PermissionAsk, TurnEnd } from '../../agents/agent.ts'
import { FactoryError } from '../../errors.ts'
import { endMarked } from '../../process/marked.ts'
import { PluginThread, type PluginThreadOptions } from '../plugin-thread.ts'

const turnEnd = object({
  end: oneOf('done', 'cancelled', 'limit', 'refused', 'failed'),
  why: optional(string({ max: 4_096 })),
})

/** An agent of a plugin. Each one that is started has a thread of its own, which ends with it. */
export function pluginAgent(
  { name, inCell }: { readonly name: string; readonly inCell: boolean },
  options: PluginThreadOptions,
): AgentKind {
  return {
    name,
    ...(inCell && { inCell }),
    async start(start) {
      const thread = new PluginThread(options)
      try {
        return await startIn(thread, start)
      } catch (thrown) {
        await thread.close()
        await endMarked(start.marker)
        throw agentFailed(thrown)
      }
    },
  }
}

async function startIn(thread: PluginThread, start: AgentStart): Promise<AgentAtWork> {
  // A thread is told nothing that can't be copied, and what it says comes by `onChunk` alone.
  const { onChunk, onHeard: _, onPermission, signal, models, ...plain } = start
  const given = { ...plain, ...(models && { models: { url: models.url, token: models.token } }) }
  const callbacks = {
    // Whatever it says is checked where it is written.
    onChunk: (chunk: unknown) => onChunk(chunk as Chunk),
    onPermission: async (ask: unknown) => onPermission(permissionAsk(ask)),
  }
  const answer = (await thread.call('start', [given], { callbacks, signal })) as {
    readonly session?: unknown
    readonly resumed?: unknown
    readonly methods: readonly string[]
  } // what our side of the thread sends
  const { session, resumed, methods } = answer
  const missing = ['prompt', 'close'].find((method) => !methods.includes(method))
  if (missing !== undefined) throw new FactoryError('plugin_invalid', `What it started has no ${missing}.`)
  return {
    ...(typeof session === 'string' && { session }),
    resumed: resumed === true,
    async prompt(text, cancel) {
      try {
        return endOf(await thread.call('prompt', [text], { signal: cancel, signalAt: 'last', timeoutMs: 'none' }))
      } catch (thrown) {
        if (cancel.aborted) return { end: 'cancelled' }
        return { end: 'failed', why: thrown instanceof Error ? thrown.message : String(thrown) }
      }
    },
    async close() {
      await thread.call('close', []).catch(() => undefined)
      await thread.close()
      // What it says of its processes proves nothing.
      return endMarked(start.marker)
    },
  }
}

function permissionAsk(value: unknown): PermissionAsk {
  const { callId, tool, title, paths, command, input } = value as Readonly<Record<keyof PermissionAsk, unknown>> // each is looked at
  return {
    callId: String(callId),
    tool: tool as PermissionAsk['tool'], // one that is not known is dangerous to nobody but itself: rules don't fit it
    title: String(title).slice(0, 1_000),
    paths: Array.isArray(paths) ? paths.map(String).slice(0, 1_000) : [],
    ...(typeof command === 'string' && { command }),
    input: (input ?? null) as Json, // what crossed between threads is data
  }
}

function endOf(value: unknown): TurnEnd {
  const { end, why = 'it did not say why' } = turnEnd.parse(value, 'what it answered')
  switch (end) {
    case 'limit':
    case 'failed':
      return { end, why }
    case 'done':
    case 'cancelled':
    case 'refused':
      return { end }
    default:
      return end satisfies never
  }
}

function agentFailed(thrown: unknown): FactoryError {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return new FactoryError('agent_failed', why, { cause: thrown })
}
