import type { Request } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { showRequest } from '../src/mcp/show-request.ts'
import { openDoor, type Answered, type OpenDoor } from './support/http.ts'
import { ada, key, text } from './support/hub.ts'

const route = 'POST /v1/mcp'
const accept = { Accept: 'application/json, text/event-stream' }

function call(name: string, args: object, id = 1): object {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }
}

/** The text of a tool's result, as it stands in the one event of the stream. */
function said({ text: stream }: Answered): string {
  const data = stream.split('\n').find((line) => line.startsWith('data: {'))
  const { result } = JSON.parse(data?.slice('data: '.length) ?? 'null') as {
    result: { content: readonly { text: string }[] }
  }
  return result.content[0]?.text ?? ''
}

async function withRun(server: OpenDoor): Promise<void> {
  await server.hub.submit(key, { grant: ada, body: { type: 'create' } })
  await server.hub.submit(key, { grant: ada, body: { type: 'send', parts: text('Hello') } })
}

const waits = call('wait_for_answer', { session: 'demo/1', run: 'r3', wait_seconds: 50 })

describe('MCP over HTTP', () => {
  test('A3 M1: Origin, token and method are checked as for every route', async () => {
    await using server = await openDoor()
    const json = call('list_sessions', {})
    const elsewhere = { ...accept, Origin: 'https://elsewhere.example.com' }
    expect(await server.ask(route, { json, headers: elsewhere })).toMatchObject({ status: 403 })
    expect(await server.ask(route, { json, headers: { ...accept, Host: 'rebound.example.com' } })).toMatchObject({
      status: 403,
    })
    const stranger = await server.ask(route, { json, headers: accept, token: null })
    expect(stranger).toMatchObject({ status: 401, headers: { 'www-authenticate': expect.stringContaining('Bearer') } })
    expect(await server.ask('GET /v1/mcp', { headers: accept })).toMatchObject({
      status: 405,
      headers: { allow: 'POST, OPTIONS' },
    })
    expect(await server.ask('DELETE /v1/mcp', { headers: accept })).toMatchObject({ status: 405 })
  })

  test('M1: one request is one message, so that a batch is no way around the rate of commands', async () => {
    await using server = await openDoor()
    const refused = await server.ask(route, { json: [call('list_sessions', {})], headers: accept })
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message: expect.stringContaining('one JSON-RPC message') } },
    })
  })

  test('M4: a wait ends with its time, and holds no longer than the door is open', async () => {
    await using server = await openDoor()
    await withRun(server)
    const late = server.ask(route, { json: waits, headers: accept })
    await expect.poll(() => server.hub.stats().followers).toBe(1)
    await server.clock.advance(50_000)
    expect(JSON.parse(said(await late).split('\n')[1] ?? '')).toMatchObject({
      done: false,
      runs: [{ run: 'r3', status: 'queued' }],
    })
    const open = server.ask(route, { json: waits, headers: accept })
    await expect.poll(() => server.hub.stats().followers).toBe(1)
    server.door.close()
    await open
    await expect.poll(() => server.hub.stats().followers).toBe(0)
    expect(server.errors).toEqual([])
  })

  test('M4 A1: a wait ends with the token of whoever waits, and leaves no timer', async () => {
    await using server = await openDoor()
    await withRun(server)
    const before = server.clock.pending
    const token = await server.mint({}, 5)
    const late = server.ask(route, { json: waits, headers: accept, token })
    await expect.poll(() => server.hub.stats().followers).toBe(1)
    await server.clock.advance(5_000)
    expect(JSON.parse(said(await late).split('\n')[1] ?? '')).toMatchObject({ done: false })
    const again = server.ask(route, { json: waits, headers: accept })
    await expect.poll(() => server.hub.stats().followers).toBe(1)
    await server.hub.submit(key, { grant: ada, body: { type: 'cancel', target: { all: true } } })
    expect(JSON.parse(said(await again).split('\n')[1] ?? '')).toMatchObject({ done: true })
    expect(server.clock.pending).toBeLessThanOrEqual(before)
  })

  test('M1 L3: a call with a retry_id is done once, archived sessions are not listed, and what waits is in the inbox', async () => {
    await using server = await openDoor()
    await withRun(server)
    const ask = async (name: string, args: object): Promise<unknown> =>
      JSON.parse(said(await server.ask(route, { json: call(name, args), headers: accept })).split('\n')[1] ?? '')
    const post = { session: 'demo/1', text: 'Once', retry_id: 'x1' }
    expect(await ask('post_message', post)).toEqual(await ask('post_message', post))
    expect((await server.hub.view(key, ada)).messages).toHaveLength(2)
    expect(await ask('read_inbox', {})).toMatchObject({ entries: [] })
    expect(await ask('list_sessions', {})).toMatchObject({ sessions: [{ session: 'demo/1' }] })
    await server.hub.submit(key, { grant: ada, body: { type: 'update', archived: true } })
    expect(await ask('list_sessions', {})).toEqual({ sessions: [] })
  })

  test('M4: a caller who leaves ends the wait and nothing else', async () => {
    await using server = await openDoor()
    await withRun(server)
    const leaving = new AbortController()
    const left = server.ask(route, { json: waits, headers: accept, signal: leaving.signal })
    await expect.poll(() => server.hub.stats().followers).toBe(1)
    leaving.abort()
    await expect(left).rejects.toThrow('')
    await expect.poll(() => server.hub.stats().followers).toBe(0)
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'queued' }])
    expect(server.errors).toEqual([])
  })

  test('M3: what went wrong inside is for the operator; the model is told that it was not done', async () => {
    await using server = await openDoor({ change: () => ({ list: () => Promise.reject(new Error('/secret/path')) }) })
    const answered = await server.ask(route, { json: call('list_sessions', {}), headers: accept })
    expect(said(answered)).toMatch(/^internal: .* The request was not completed\. Try again later\.$/)
    expect(answered.text).not.toContain('/secret/path')
    expect(server.errors).toMatchObject([{ code: 'internal', message: '/secret/path' }])
  })

  test('M5: an action that is too long to be shown comes without what it would be approved by', () => {
    const request = (action: string): Request => ({
      id: 'r3.x',
      run: 'r3',
      openedAt: 1,
      status: 'open',
      spec: { kind: 'approval', title: 'May I?', action },
      digest: 'd1',
    })
    expect(showRequest(request('short'))).toMatchObject({ action: 'short', digest: 'd1' })
    const long = showRequest(request('x'.repeat(20_000)))
    expect(long).toMatchObject({ note: expect.stringContaining('A person must look at it in full') })
    expect(long).not.toHaveProperty('digest')
  })
})
