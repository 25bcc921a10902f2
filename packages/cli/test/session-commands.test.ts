import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createWorker } from '@headrace/client/agent'
import { createLocalAuth } from '@headrace/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder, headrace, serve, start, type Ready, type Running } from './support/headrace.ts'

/** One server for the tests that need no other. */
let data: Awaited<ReturnType<typeof folder>>
let server: Running
let ready: Ready

beforeAll(async () => {
  data = await folder()
  ;({ server, ready } = await serve(['--data', data.path]))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await data[Symbol.asyncDispose]()
})

const here = (): string[] => ['--data', data.path]

interface Line {
  readonly seq: number
  readonly type: string
}

function lines(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line) // one event per line is what is tested
}

describe('headrace send, tail, cancel, sessions', () => {
  test('send to an unknown session says how to make one', async () => {
    const ended = await headrace(['send', 'no/such', 'hello', ...here()])
    expect(ended).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('--create') })
  })

  test('send makes a session, prints its seq, and takes words, options and standard input', async () => {
    expect(await headrace(['send', 'a/words', 'hello', 'there', '--create', ...here()])).toMatchObject({
      code: 0,
      stdout: '3\n',
      stderr: '',
    })
    const piped = await headrace(['send', 'a/words', '-', '--agent', 'critic', ...here()], {
      input: 'line one\nline two\n',
    })
    expect(piped).toMatchObject({ code: 0, stdout: '5\n' })
    await using tail = start(['tail', 'a/words', '--after', '0', '--json', ...here()])
    await tail.seen(/"seq":5,.*\n/)
    expect(tail.stdout).toContain('"text":"hello there"')
    expect(tail.stdout).toContain('"text":"line one\\nline two"')
    expect(tail.stdout).toContain('"agent":"critic"')
    expect(lines(tail.stdout).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
    expect(await headrace(['send', 'a/words', '-', ...here()], { input: '\n' })).toMatchObject({ code: 2 })
  })

  test('R2c: send to an agent that is not there says so, and which are, and the message waits', async () => {
    const create = await headrace(['send', 'a/names', 'hello', '--create', '--agent', 'crtic', ...here()])
    expect(create).toMatchObject({ code: 0, stdout: '3\n' })
    expect(create.stderr).toMatch(/^Nobody works as crtic now, .*`headrace cancel a\/names --agent crtic`.*\n$/)
    expect(create.stderr).toContain('No other agent is there either.')

    const fine = async function* (): AsyncGenerator<string> {
      yield 'Fine.'
    }
    const worker = createWorker({ ...ready, agent: 'critic', handler: (run) => run.pipe(fine()) })
    try {
      const headers = { authorization: `Bearer ${ready.token}` }
      await expect
        .poll(async () => (await fetch(`${ready.url}/v1/sessions/a%2Fnames/agents`, { headers })).json())
        .toEqual({ agents: ['critic'] })
      const asked = await headrace(['send', 'a/names', 'hello', '--agent', 'critic', '--follow', ...here()])
      expect(asked).toMatchObject({ code: 0, stdout: 'Fine.\n', stderr: '' })
      await using misspelt = start(['send', 'a/names', 'hello', '--agent', 'crtic', '--follow', ...here()])
      await misspelt.seen(/Nobody works as crtic now, .* There now: critic\.\n/, 'stderr')
      expect(await headrace(['cancel', 'a/names', '--agent', 'crtic', ...here()])).toMatchObject({ code: 0 })
      expect(await misspelt.ended).toMatchObject({ code: 6, stderr: expect.stringContaining('was stopped') })
    } finally {
      await worker.close()
    }
  })

  test('tail prints the newest messages, who is waited for, and then what comes, with names', async () => {
    await headrace(['send', 'a/tail', 'first', '--create', ...here()])
    await headrace(['send', 'a/tail', 'second', ...here()])
    await using tail = start(['tail', 'a/tail', '-n', '1', ...here()])
    await tail.seen(/· r\d+ waits for assistant\n/)
    expect(tail.stdout).not.toContain('first')
    const { stdout } = await headrace(['token', '--sub', 'grace', '--name', 'Grace', ...here()])
    await headrace(['send', 'a/tail', 'third', ...here()], { env: { HEADRACE_TOKEN: stdout.trim() } })
    await tail.seen(/\nGrace {2}\d\d:\d\d:\d\d\nthird\n/)
    tail.kill('SIGINT')
    expect(await tail.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('tail from behind the end says where the session ends', async () => {
    await headrace(['send', 'a/end', 'hello', '--create', ...here()])
    await using tail = start(['tail', 'a/end', '--after', '999', '--json', ...here()])
    await tail.seen(/ends at event 3, before 999/, 'stderr')
    await headrace(['send', 'a/end', 'more', ...here()])
    await tail.seen(/"seq":5,.*\n/)
    expect(lines(tail.stdout).map(({ seq }) => seq)).toEqual([4, 5])
  })

  test('a reader that closes the pipe ends tail without a word', async () => {
    await using tail = start(['tail', 'a/words', '--after', '0', '--json', ...here()])
    await tail.seen(/"seq":5/)
    tail.process.stdout?.destroy()
    await headrace(['send', 'a/words', 'more', ...here()])
    expect(await tail.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('cancel says what it did', async () => {
    await headrace(['send', 'a/cancel', 'hello', '--create', ...here()])
    expect(await headrace(['cancel', 'a/cancel', '--agent', 'nobody', ...here()])).toMatchObject({
      code: 0,
      stdout: 'Nothing to stop.\n',
    })
    expect(await headrace(['cancel', 'a/cancel', '--run', 'r99', ...here()])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('r99'),
    })
    expect(await headrace(['cancel', 'a/cancel', '--run', 'r3', ...here()])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Stopping/),
    })
    expect(await headrace(['cancel', 'a/cancel', '--all', '--run', 'r3', ...here()])).toMatchObject({ code: 2 })
  })

  test('sessions lists what there is, as a table and as JSON', async () => {
    await headrace(['send', 'a/list', 'hello', '--create', ...here()])
    const table = await headrace(['sessions', ...here()])
    expect(table.stdout).toMatch(/^SESSION +STATUS +MESSAGES +CHANGED +TITLE\n/)
    expect(table.stdout).toMatch(/^a\/list +waiting +1 +\d/m)
    const json = await headrace(['sessions', '--json', '--limit', '1', ...here()])
    expect(JSON.parse(json.stdout)).toMatchObject({ id: 'a/list', status: 'waiting', messages: 1 })
  })

  test('a link is as good as an address and a token', async () => {
    const link = `${ready.url}/#token=${ready.token}`
    expect(await headrace(['sessions', '--url', link, '--json'], { cwd: data.path })).toMatchObject({ code: 0 })
    expect(
      await headrace(['sessions', '--json'], {
        cwd: data.path,
        env: { HEADRACE_URL: ready.url, HEADRACE_TOKEN: ready.token },
      }),
    ).toMatchObject({ code: 0 })
    expect(await headrace(['sessions', '--url', ready.url, '--json'], { cwd: data.path })).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('HEADRACE_TOKEN'),
    })
  })

  test('an expired token, a wrong one and one without the right are refused, each with its fix', async () => {
    const yesterday = { now: () => Date.now() - 86_400_000, after: () => () => undefined }
    const expired = await (
      await createLocalAuth(data.path, { clock: yesterday })
    ).mint({ sub: 'ada', cap: [{ s: '**', op: ['read'] }] }, 60)
    await headrace(['send', 'a/rights', 'hello', '--create', ...here()])
    expect(await headrace(['tail', 'a/rights', '--token', expired, ...here()])).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^error: The token expired.*`headrace token`\.\n$/),
    })
    expect(await headrace(['tail', 'a/rights', '--token', 'wrong', ...here()])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('not a signed JWT'),
    })
    const reader = await headrace(['token', '--sub', 'ada', '--cap', 'a/*:read', '--cap', 'b/**:read,send', ...here()])
    const refused = await headrace(['send', 'a/rights', 'hi', '--token', reader.stdout.trim(), ...here()])
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('does not allow') })
  })

  test('an unknown session ends tail', async () => {
    expect(await headrace(['tail', 'no/such', ...here()])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('no/such'),
    })
    expect(await headrace(['tail', 'no such', ...here()])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('1 to 256 characters'),
    })
  })

  test('no server: the file of one that was killed is seen through', async () => {
    await using empty = await folder()
    const none = await headrace(['sessions', '--data', empty.path])
    expect(none).toMatchObject({ code: 4, stderr: expect.stringContaining('Start one with `headrace serve`') })
    const killed = await serve(['--data', empty.path])
    killed.server.kill('SIGKILL')
    await killed.server.ended
    expect(readFileSync(path.join(empty.path, 'server.json'), 'utf8')).toContain(String(killed.ready.pid))
    const stale = await headrace(['sessions', '--data', empty.path])
    expect(stale).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`names process ${killed.ready.pid}, which has ended`),
    })
    expect(await headrace(['sessions', '--url', killed.ready.url, '--token', 'x'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('No server answers'),
    })
  })

  test('commands find a server that was started in the same folder', async () => {
    await using place = await folder()
    await using other = start(['serve', '--port', '0', '--json'], { cwd: place.path })
    await other.seen(/\n/)
    expect(await headrace(['sessions'], { cwd: place.path })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('No sessions yet'),
    })
    mkdirSync(path.join(place.path, 'elsewhere'))
    writeFileSync(path.join(place.path, 'elsewhere', 'server.json'), 'half a fi')
    expect(await headrace(['sessions', '--data', 'elsewhere'], { cwd: place.path })).toMatchObject({ code: 4 })
  })
})

describe('headrace tail', () => {
  test('survives kill -9 and a restart of the server, says so once, and misses and doubles nothing', async () => {
    await using place = await folder()
    const at = ['--data', place.path]
    const first = await serve(at)
    const port = new URL(first.ready.url).port
    await headrace(['send', 's', 'one', '--create', ...at])
    await using tail = start(['tail', 's', '--after', '0', '--json', ...at])
    await tail.seen(/"seq":3,.*\n/)

    first.server.kill('SIGKILL')
    await first.server.ended
    await tail.seen(/lost; trying again/, 'stderr')
    await using second = start(['serve', '--json', '--port', port, ...at])
    await second.seen(/\n/)
    await headrace(['send', 's', 'two', ...at])
    await tail.seen(/"seq":5,.*\n/)
    await tail.seen(/Connected again/, 'stderr')

    second.kill('SIGTERM')
    expect((await second.ended).code).toBe(0)
    await tail.seen(/lost[^]*lost/, 'stderr')
    await using third = start(['serve', '--json', '--port', port, ...at])
    await third.seen(/\n/)
    await headrace(['send', 's', 'three', ...at])
    await tail.seen(/"seq":7,.*\n/)
    expect(lines(tail.stdout).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(tail.stderr.match(/lost; trying again/g)).toHaveLength(2)
    expect(tail.stderr.match(/Connected again/g)).toHaveLength(2)
  })

  test('ends when it is told to, also where nobody answers the goodbye', async () => {
    await using place = await folder()
    const at = ['--data', place.path]
    await using silent = (await serve(at)).server
    await headrace(['send', 's', 'one', '--create', ...at])
    await using tail = start(['tail', 's', '--after', '0', '--json', ...at])
    await tail.seen(/"seq":3,.*\n/)
    silent.kill('SIGSTOP')
    tail.kill('SIGINT')
    expect(await tail.ended).toMatchObject({ code: 0 })
  })
})
