import { emptyView, foldView, type Message, type SessionEvent, type SessionView, type WriteOp } from '@headrace/core'
import { HeadraceConnection } from '../lib/headrace-connection.ts'
import { headrace } from '../systems/headrace.ts'
import { deltaText, slices, type Shape } from './transcript.ts'
import { nameOf, type Joinable, type Joined, type Way } from './way.ts'

const agent = 'bench'

/** As our client joins: one subscription. */
export const snapshotWay: Way = { name: 'headrace snapshot', join: bySnapshot }
/** What joining would cost without snapshots: the whole log, folded by the reader. */
export const replayWay: Way = { name: 'headrace replay of all events', join: byReplay }

export const joinHeadrace: Joinable = {
  system: headrace,
  fill: grow,
  ways: [snapshotWay, { name: 'headrace snapshot by HTTP', join: byHttp }, replayWay],
}

/** Adds the answers of a shape to its session, which is made where it is missing. */
export async function grow(address: string, shape: Shape): Promise<void> {
  const { url, token } = addressOf(address)
  const connection = await HeadraceConnection.open(url, token)
  const session = nameOf(shape)
  await connection.command(session, { type: 'create', agent })
  for (let turn = 0; turn < shape.answers; turn += 1) {
    const assigned = new Promise<{ run: string; attempt: number }>((resolve) => {
      connection.onAssign = resolve
    })
    connection.send({ type: 'work', agent, worker: 'filler', capacity: 1 })
    await connection.command(session, { type: 'send', parts: [{ kind: 'text', text: 'Go on, please.' }] })
    const { run, attempt } = await assigned
    const deltas = Array.from({ length: shape.deltas }, (_, index): WriteOp => ({
      op: 'delta',
      message: 'm',
      part: 'p',
      text: deltaText(index),
    }))
    const ops: readonly WriteOp[] = [
      { op: 'open', message: 'm', part: 'p', start: { kind: 'text' } },
      ...deltas,
      { op: 'end', reason: 'complete' },
    ]
    let n = 0
    for (const batch of slices(ops, 500)) {
      n += 1
      await connection.command(session, { type: 'write', run, attempt, n, ops: batch })
    }
  }
  connection.close()
}

async function bySnapshot(address: string, shape: Shape): Promise<Joined> {
  const { url, token } = addressOf(address)
  const connection = await HeadraceConnection.open(url, token)
  const { view } = await connection.subscribe(nameOf(shape))
  const joined = { bytes: connection.receivedBytes, ...shown(view) }
  connection.close()
  return joined
}

async function byHttp(address: string, shape: Shape): Promise<Joined> {
  const text = await get(address, `/v1/sessions/${nameOf(shape)}`)
  return { bytes: text.length, ...shown(JSON.parse(text) as SessionView) }
}

async function byReplay(address: string, shape: Shape): Promise<Joined> {
  let view = emptyView(nameOf(shape))
  let bytes = 0
  for (;;) {
    const text = await get(address, `/v1/sessions/${nameOf(shape)}/events?after=${view.seq}&limit=10000`)
    const { events, head } = JSON.parse(text) as { events: readonly SessionEvent[]; head: number }
    bytes += text.length
    view = events.reduce(foldView, view)
    if (view.seq >= head) return { bytes, ...shown(view) }
  }
}

async function get(address: string, path: string): Promise<string> {
  const { url, token } = addressOf(address)
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`GET ${path} was answered with ${response.status}.`)
  return response.text()
}

function addressOf(address: string): { readonly url: string; readonly token: string } {
  return JSON.parse(address) as { url: string; token: string } // the ready line of `headrace serve --json`
}

function shown(view: SessionView): { messages: number; lastText: string } {
  return { messages: view.messages.length, lastText: textOf(view.messages.at(-1)) }
}

function textOf(message: Message | undefined): string {
  return (message?.parts ?? []).map((part) => (part.kind === 'text' ? part.text : '')).join('')
}
