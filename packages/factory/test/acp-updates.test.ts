import type { SessionUpdate } from '@agentclientprotocol/sdk'
import { expect, test } from 'vitest'
import { AcpUpdates } from '../src/agents/acp/updates.ts'

const toolCallId = 'c1'
const begun: SessionUpdate = {
  sessionUpdate: 'tool_call',
  toolCallId,
  title: 'Terminal',
  kind: 'execute',
  rawInput: {},
}
const told = (rawInput: object, status?: 'completed'): SessionUpdate => ({
  sessionUpdate: 'tool_call_update',
  toolCallId,
  rawInput,
  ...(status && { status }),
})

test('F3 a call that says only later what it does is shown with that, at its first and its last word', () => {
  const updates = new AcpUpdates()
  const call = (input: object) => ({ type: 'tool-call', callId: 'c1', name: 'execute', input })
  expect(updates.read(begun)).toEqual([call({ title: 'Terminal', input: {} })])
  expect(updates.read(told({ command: 'l' }))).toEqual([call({ title: 'Terminal', input: { command: 'l' } })])
  // Piece by piece it is not shown: each piece would be an event.
  expect(updates.read(told({ command: 'ls' }))).toEqual([])
  expect(updates.read(told({ command: 'ls -l' }, 'completed'))).toMatchObject([
    call({ title: 'Terminal', input: { command: 'ls -l' } }),
    { type: 'tool-result', callId: 'c1' },
  ])
})

test('F3 a call that says at once what it does is shown once', () => {
  const updates = new AcpUpdates()
  expect(updates.read({ ...begun, rawInput: { command: 'ls' } })).toHaveLength(1)
  expect(updates.read(told({ command: 'ls' }))).toEqual([])
  expect(updates.announce({ toolCallId, rawInput: { command: 'ls' } })).toEqual([])
  expect(updates.read(told({ command: 'ls' }, 'completed'))).toMatchObject([{ type: 'tool-result' }])
})
