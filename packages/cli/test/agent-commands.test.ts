import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createWebhookSecret } from '@headrace/server'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { openUpstream, sse, type Upstream } from '../../client/test/support/upstream.ts'
import { readAgentFile } from '../src/agents/agent-file.ts'
import { addAgent, listAgents, removeAgent, showAgent, type ServerOptions } from '../src/agents/agents.ts'
import { registrationOf } from '../src/agents/registration.ts'
import { startServer, type StartOptions } from '../src/serve/start-server.ts'
import { ownName } from '../src/terminal/own-name.ts'
import { folder, headrace, serve, start as startCommand } from './support/headrace.ts'
import type { Output } from '../src/terminal/console.ts'

/** Says what it was asked, in a stream of the AI SDK. */
function openEcho(): Promise<Upstream> {
  return openUpstream((call) => {
    const { messages } = call.body as { messages: { parts: { text: string }[] }[] } // as the format has it
    const say = sse(call)
    say({ type: 'start' })
    say({ type: 'text-start', id: '1' })
    say({ type: 'text-delta', id: '1', delta: `You said: ${messages.at(-1)?.parts[0]?.text ?? ''}` })
    say({ type: 'text-end', id: '1' })
    say({ type: 'finish' })
    say('[DONE]')
    call.response.end()
  })
}

/** A server in this process, as the command starts it, and what commands print. */
async function start(
  data: string,
  options: Partial<StartOptions> = {},
): Promise<{ readonly target: ServerOptions; readonly printed: string[]; readonly output: Output } & AsyncDisposable> {
  const printed: string[] = []
  const output = { out: (line: string) => void printed.push(line), err: (line: string) => void printed.push(line) }
  const onError = (error: Error): void => void printed.push(error.message)
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    data,
    keys: { type: 'local' },
    outbound: {},
    onError,
    ...options,
  })
  const cap = [{ s: '**', op: ['admin', 'read', 'send'] as const }]
  const token = (await server.auth.mint?.({ sub: 'ops', kind: 'operator', cap }, 60)) ?? ''
  return { target: { server: server.url, token }, printed, output, [Symbol.asyncDispose]: () => server.close() }
}

test('H1 H2 H2b: by two commands an endpoint is an agent and answers, signed and with its headers', async () => {
  await using upstream = await openEcho()
  await using place = await folder()
  const data = path.join(place.path, 'data')
  await using mute = await openUpstream(() => undefined)
  const hosts = [upstream.host, mute.host].flatMap((host) => ['--allow-private-host', host])
  const { server } = await serve(['--data', data, ...hosts])
  await using _server = server
  const file = path.join(place.path, 'webhook-secret')
  const secret = createWebhookSecret()
  writeFileSync(file, `${secret}\n`)
  const add = `agent add --name support --url ${upstream.url} --format ai-sdk --model large`.split(' ')
  const secrets = ['--secret-file', file, '--header', 'Authorization: Bearer hunter2']
  const added = await headrace([...add, ...secrets, '--data', data])
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('headrace agent test support') })
  const tried = await headrace(['agent', 'test', 'support', 'is anybody there?', '--data', data])
  expect(tried).toMatchObject({ code: 0, stdout: 'You said: is anybody there?\n' })
  const call = await upstream.call(1)
  expect(call.headers.authorization).toBe('Bearer hunter2')
  const verified = new Webhook(secret).verify(call.text, call.headers as Record<string, string>)
  expect(verified).toMatchObject({ model: 'large', trigger: 'submit-message' })
  // With the session of the test goes the answer.
  expect(
    (await headrace(['agent', 'add', '--name', 'mute', '--url', mute.url, '--format', 'sse-text', '--data', data]))
      .code,
  ).toBe(0)
  await using waiting = startCommand(['agent', 'test', 'mute', '--data', data])
  const asked = await mute.call(1)
  waiting.kill('SIGINT')
  expect(await waiting.ended).toEqual({
    code: 130,
    stdout: '',
    stderr: 'error: No longer waiting. The answer was stopped, and its session is gone.\n',
  })
  await asked.closed
  // The worker in the process holds nothing up.
  server.kill('SIGTERM')
  expect(await server.ended).toMatchObject({ code: 0 })
})

describe('headrace agent', () => {
  test('H1: lists, shows and removes what was added, without secrets', async () => {
    await using place = await folder()
    await using server = await start(path.join(place.path, 'data'))
    const { target, printed, output } = server
    const agent = {
      url: 'https://example.com/chat',
      format: 'ai-sdk',
      header: ['X-Key: hunter2'],
      idle: 30_000,
    } as const
    await listAgents(target, output)
    await addAgent({ name: 'support', ...agent, ...target }, output)
    await listAgents(target, output)
    await showAgent('support', target, output)
    await removeAgent('support', target, output)
    await expect(showAgent('support', target, output)).rejects.toThrow(
      'No agent support is registered here. See those that are with `headrace agent list`.',
    )
    const misnamed = addAgent({ name: 'sup port', ...agent, ...target }, output)
    await expect(misnamed).rejects.toThrow('--name must be an agent name of 1 to 64 characters')
    expect(printed).toEqual([
      'No agent is registered. Add one with `headrace agent add`.',
      `support answers by https://example.com/chat. Try it with: ${ownName()} agent test support`,
      'support: ai-sdk at https://example.com/chat (headers X-Key)',
      expect.stringContaining('"idleMs": 30000'),
      'support is no longer called. Its settings are gone from the server.',
    ])
    expect(printed.join('\n')).not.toContain('hunter2')
  })

  test('H1b: an address that may not be reached is refused with how to allow it', async () => {
    await using place = await folder()
    await using server = await start(path.join(place.path, 'data'))
    const adding = addAgent(
      { name: 'x', url: 'http://127.0.0.1:9/', format: 'sse-text', ...server.target },
      server.output,
    )
    await expect(adding).rejects.toThrow('start the server with --allow-private-host 127.0.0.1:9')
    for (const url of ['nowhere', 'https://me:secret@example.com/']) {
      const wrong = addAgent({ name: 'x', url, format: 'sse-text', ...server.target }, server.output)
      await expect(wrong).rejects.toThrow(/^(?!.*allow-private-host).*The address/)
    }
  })

  test('H1: a server that is not there is told', async () => {
    await expect(listAgents({ server: 'http://127.0.0.1:9', token: 'x' })).rejects.toThrow(
      'No server answers at http://127.0.0.1:9',
    )
  })

  test.each([
    [{ body: '[1]' }, '--body must be a JSON object'],
    [{ header: ['hunter2'] }, 'A header is written as'],
    [{ headerFile: 'nowhere' }, "--header-file can't be read"],
    [{ secretFile: 'nowhere' }, "--secret-file can't be read"],
  ])('%j is refused with what to do', (options, text) => {
    expect(() => registrationOf({ url: 'https://example.com/', format: 'ai-sdk', ...options })).toThrow(text)
  })
})

describe('agents that a file declares', () => {
  test('H1: are there when the server is; those that were added stay, and what is the same is not written again', async () => {
    await using upstream = await openEcho()
    await using place = await folder()
    const data = path.join(place.path, 'data')
    const file = path.join(place.path, 'agents.json')
    writeFileSync(file, JSON.stringify({ support: { format: 'ai-sdk', url: upstream.url, body: { model: 'small' } } }))
    const options = { outbound: { outgoing: { allowPrivate: [upstream.host] } }, declared: readAgentFile(file) }
    {
      await using server = await start(data, options)
      await addAgent({ name: 'other', url: upstream.url, format: 'ai-sdk', ...server.target }, server.output)
    }
    await using server = await start(data, options)
    await listAgents({ ...server.target, json: true }, server.output)
    const agents = server.printed.map((line) => JSON.parse(line) as { agent: string })
    expect(agents.map(({ agent }) => agent)).toEqual(['other', 'support'])
  })

  test.each([
    ['{', "--agent-file can't be read"],
    ['[]', 'must hold a JSON object'],
    ['{"support":{"url":"https://example.com/","format":"morse"}}', 'support.format must be one of ai-sdk'],
  ])('%s is refused with what is wrong', async (content, text) => {
    await using place = await folder()
    const file = path.join(place.path, 'agents.json')
    writeFileSync(file, content)
    expect(() => readAgentFile(file)).toThrow(text)
  })
})
