// A coding agent that plays a script: `node main.js SCRIPT.json`, over the Agent Client Protocol on stdin and stdout.
import { execFile, spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  PROTOCOL_VERSION,
  agent,
  methods,
  ndJsonStream,
  type AgentContext,
  type SessionUpdate,
} from '@agentclientprotocol/sdk'
import type { Script, ScriptStep } from './script.ts'

interface Session {
  readonly id: string
  readonly cwd: string
  /** How often it was spoken to. */
  turns: number
  calls: number
  stop: AbortController
}

const [, , file = ''] = process.argv
// Whoever starts it has checked the script. It loads nothing of ours, because a floor starts one for each attempt.
const script = JSON.parse(await readFile(file, 'utf8')) as Script // written by scripted-agent.ts
const kept = path.join(process.env['HOME'] ?? '.', '.scripted-agent')
const sessions = new Map<string, Session>()

const input = Writable.toWeb(process.stdout) as WritableStream<Uint8Array>
const output = Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>

const connection = agent({ name: 'scripted' })
  .onRequest(methods.agent.initialize, () => ({
    protocolVersion: PROTOCOL_VERSION,
    agentCapabilities: { loadSession: true },
  }))
  .onRequest(methods.agent.session.new, async ({ params: { cwd } }) => {
    const session = begin(`s${Date.now()}-${process.pid}`, cwd, 0)
    await keep(session)
    return { sessionId: session.id }
  })
  .onRequest(methods.agent.session.load, async ({ params: { sessionId, cwd } }) => {
    const turns = JSON.parse(await readFile(path.join(kept, `${sessionId}.json`), 'utf8')) as number // it wrote it itself
    begin(sessionId, cwd, turns)
    return {}
  })
  .onNotification(methods.agent.session.cancel, ({ params: { sessionId } }) => sessions.get(sessionId)?.stop.abort())
  .onRequest(methods.agent.session.prompt, async ({ params: { sessionId }, client }) => {
    const session = sessions.get(sessionId)
    if (!session) throw new Error(`no session ${sessionId}`)
    session.stop = new AbortController()
    const steps = script.turns[Math.min(session.turns, script.turns.length - 1)] ?? []
    for (const step of steps) {
      for (let time = 0; time < (step.times ?? 1); time += 1) {
        if (session.stop.signal.aborted && !step.deaf) return { stopReason: 'cancelled' as const }
        await play(step, session, client)
      }
    }
    session.turns += 1
    await keep(session)
    return { stopReason: 'end_turn' as const }
  })
  .connect(ndJsonStream(input, output))
await connection.closed

function begin(id: string, cwd: string, turns: number): Session {
  const session = { id, cwd, turns, calls: 0, stop: new AbortController() }
  sessions.set(id, session)
  return session
}

async function keep({ id, turns }: Session): Promise<void> {
  await mkdir(kept, { recursive: true })
  await writeFile(path.join(kept, `${id}.json`), JSON.stringify(turns))
}

async function play(step: ScriptStep, session: Session, client: AgentContext): Promise<void> {
  const { signal } = session.stop
  const tell = (update: SessionUpdate): Promise<void> =>
    client.notify(methods.client.session.update, { sessionId: session.id, update })
  const say = (text: string): Promise<void> =>
    tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } })
  await pause(script.paceMs ?? 0, signal)
  const { text = '', path: name = '', argv = [], ms = 0, count = 0 } = step
  switch (step.do) {
    case 'say':
      return say(text)
    case 'think':
      return tell({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text } })
    case 'write':
    case 'remove': {
      const call = begun(session, step.do === 'write' ? 'edit' : 'delete', `${step.do} ${name}`)
      const target = path.join(session.cwd, name)
      await tell({ ...call, locations: [{ path: target }] })
      if (step.do === 'remove') await rm(target, { recursive: true, force: true })
      else {
        await mkdir(path.dirname(target), { recursive: true })
        await writeFile(target, text)
      }
      return tell(ended(call.toolCallId, 'completed', step.do === 'write' ? `${text.length} characters` : 'removed'))
    }
    case 'run': {
      const call = begun(session, 'execute', argv.join(' '), { command: argv })
      await tell(call)
      const { ok, said } = await run(argv, session.cwd, signal)
      return tell(ended(call.toolCallId, ok ? 'completed' : 'failed', said))
    }
    case 'ask': {
      const call = begun(session, 'execute', argv.join(' '), { command: argv })
      const { toolCallId, kind, title, rawInput } = call
      if (step.shown) await tell(call)
      const { outcome } = await client.request(methods.client.session.requestPermission, {
        sessionId: session.id,
        toolCall: step.shown ? { toolCallId } : { toolCallId, kind, title, rawInput },
        options: [
          { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
          { optionId: 'no', name: 'Reject', kind: 'reject_once' },
        ],
      })
      const may = outcome.outcome === 'selected' && outcome.optionId === 'yes'
      const { ok, said } = may ? await run(argv, session.cwd, signal) : { ok: false, said: 'I may not.' }
      return tell(ended(call.toolCallId, ok ? 'completed' : 'failed', said))
    }
    case 'wait':
      return pause(ms, signal)
    case 'hang':
      return new Promise(() => undefined)
    case 'exit':
      return process.exit(count)
    case 'garbage':
      process.stdout.write(text)
      return
    case 'flood': {
      const line = 'x'.repeat(65_536)
      for (let left = count; left > 0; left -= line.length) await say(line)
      return
    }
    case 'daemon':
      spawn('sleep', [String(ms / 1_000)], { detached: true, stdio: 'ignore' }).unref()
      return
    default:
      return step.do satisfies never
  }
}

function begun(session: Session, kind: 'edit' | 'delete' | 'execute', title: string, rawInput: object = {}) {
  session.calls += 1
  const toolCallId = `${session.turns + 1}.${session.calls}`
  return { sessionUpdate: 'tool_call' as const, toolCallId, kind, title, status: 'in_progress' as const, rawInput }
}

function ended(toolCallId: string, status: 'completed' | 'failed', text: string): SessionUpdate {
  return {
    sessionUpdate: 'tool_call_update',
    toolCallId,
    status,
    content: [{ type: 'content', content: { type: 'text', text } }],
  }
}

function run(argv: readonly string[], cwd: string, signal: AbortSignal): Promise<{ ok: boolean; said: string }> {
  const [program = 'true', ...args] = argv
  return new Promise((resolve) => {
    execFile(program, args, { cwd, signal, maxBuffer: 1_048_576 }, (error, stdout, stderr) =>
      resolve({ ok: error === null, said: `${stdout}${stderr}`.slice(-4_000) }),
    )
  })
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined)
}
