import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { connect, type Client } from '@headrace/client'
import type { Json, JsonObject } from '@headrace/core'
import { emptyFloor, type EndedAttempt, type Task, type TaskState } from '@headrace/factory/floor'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder, headrace, serve, type Running } from './support/headrace.ts'

let data: Awaited<ReturnType<typeof folder>>
let server: Running
let client: Client

beforeAll(async () => {
  data = await folder()
  const started = await serve(['--data', data.path])
  server = started.server
  client = connect({ url: started.ready.url, token: started.ready.token })
  const session = client.session('past/1')
  await session.create({ metadata: { title: 'Trip' } })
  await session.post('first, by train')
  await session.post('CANARY-9c2 by plane')
  await session.post({ parts: [{ kind: 'text', text: 'ada, look' }], mentions: ['operator:local'] })
})
afterAll(async () => {
  await client.close()
  await server[Symbol.asyncDispose]()
  await data[Symbol.asyncDispose]()
})

const asJson = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json // what JSON.parse gives is JSON
const cli = (...args: string[]): ReturnType<typeof headrace> => headrace([...args, '--data', data.path])

async function openFloor(name: string, tasks: readonly Task[]): Promise<void> {
  const session = client.session(`factory/${name}/floor`)
  await session.create({ metadata: { title: 'Factory floor' } })
  const floor = { ...emptyFloor, tasks: Object.fromEntries(tasks.map((task) => [task.id, task])) }
  await session.patch([{ op: 'add', path: '', value: asJson(floor) }])
}

function taskOf(id: string, { state, attempts = [] }: Pick<Task, 'state'> & Partial<Pick<Task, 'attempts'>>): Task {
  const about = { title: `Task ${id}`, body: '', kind: 'bug', priority: 2, dependsOn: [], acceptance: [] } as const
  return { id, ...about, source: { kind: 'user', ref: 'ada' }, by: 'user:ada', at: 0, attempts, state }
}

describe('headrace fork, export, verify, erase, search, inbox, share', () => {
  test('P6: search finds messages by their words, and says when there are none', async () => {
    expect(await cli('search', 'train')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^past\/1 m2 .*first, by train\n$/),
    })
    expect(await cli('search', 'by', 'pla')).toMatchObject({ code: 0, stdout: expect.stringContaining('m3') })
    expect(await cli('search', 'nowhere')).toMatchObject({ code: 0, stdout: '', stderr: 'No message has it.\n' })
    const long = await cli('search', 'x'.repeat(10_240))
    expect(long).toMatchObject({ code: 5, stderr: expect.stringContaining('512') })
  })

  test('P5: inbox lists what waits for whoever asks', async () => {
    const me = client.actor ?? ''
    await client.session('past/2').create({ metadata: { title: 'Ask me' } })
    await client.session('past/2').post({ parts: [{ kind: 'text', text: 'see this' }], mentions: [me as 'user:x'] })
    const listed = await cli('inbox')
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('past/2 (Ask me): mentions you in m2') })
    const [first] = (await cli('inbox', '--json')).stdout.split('\n').filter((line) => line.includes('past/2'))
    expect(JSON.parse(first ?? '')).toMatchObject({ session: 'past/2', kind: 'mention', ref: 'm2' })
  })

  test('P5: inbox lists the tasks of a floor that go no further without a person, and no others', async () => {
    const state: Readonly<Record<string, TaskState>> = {
      T1: { status: 'parked', why: 'three attempts failed', at: 1 },
      T2: { status: 'review', ref: 'refs/headrace/T2', at: 2 },
      T3: { status: 'proposed' },
      T4: { status: 'ready' },
      T5: { status: 'done', at: 3 },
    }
    await openFloor(
      'main',
      Object.entries(state).map(([id, one]) => taskOf(id, { state: one })),
    )
    const { stdout } = await cli('inbox')
    expect(stdout.split('\n').filter((line) => line.startsWith('factory/main/floor (Factory floor): '))).toEqual([
      expect.stringMatching(/T1 is parked, \d+ d ago, Task T1: three attempts failed$/),
      expect.stringMatching(/T2 is to be looked at, \d+ d ago, Task T2: its work is at refs\/headrace\/T2$/),
      expect.stringMatching(/T3 is proposed, \d+ d ago, Task T3: somebody must accept it$/),
    ])
    const json = (await cli('inbox', '--json')).stdout.split('\n').filter((line) => line.includes('"task"'))
    expect(json).toHaveLength(3)
    expect(JSON.parse(json[0] ?? '')).toEqual({
      session: 'factory/main/floor',
      title: 'Factory floor',
      kind: 'task',
      ref: 'T1',
      at: 1,
      task: { title: 'Task T1', status: 'parked', why: 'three attempts failed' },
    })
  })

  test('T2: a task shows what each of its attempts was worth, and of what', async () => {
    const times = { lane: 'bugs', startedAt: 0, endedAt: 4_000 }
    const tests = (passed: number): object => ({ passed, failed: 0, skipped: 0 })
    const change = { files: 1, lines: 5, maxFiles: 40, maxLines: 1_500, accepted: [1, 2] }
    const attempts: readonly EndedAttempt[] = [
      { ...times, attempt: 1, outcome: 'cancelled', why: 'Stopped.' },
      { ...times, attempt: 2, outcome: 'empty', why: 'Nothing changed.' },
      {
        ...times,
        attempt: 3,
        outcome: 'merged',
        why: 'Merged.',
        facts: asJson({ tests: tests(2), before: tests(1), change }) as JsonObject,
      },
    ]
    await openFloor('worth', [taskOf('T1', { attempts, state: { status: 'done', at: 1 } })])
    const { stdout } = await cli('factory', 'task', 'show', 'T1', '--floor', 'worth')
    expect(stdout.split('\n').filter((line) => line.includes('in bugs'))).toEqual([
      '  1 in bugs, 4.0 s: cancelled. Stopped.',
      '  2 in bugs, 4.0 s: empty. Nothing changed. Worth 0.',
      '  3 in bugs, 4.0 s: merged. Merged. Worth 0.75: landed 0.5, checks 0.1, acceptance 0.15.',
    ])
  })

  test('S5: a copy goes on by itself; an export is whole, and a changed one is found out', async () => {
    const copied = await cli('fork', 'past/1', '--at', '2', '--id', 'past/copy')
    expect(copied).toMatchObject({ code: 0, stdout: 'past/copy\n' })
    expect(await cli('fork', 'past/1', '--at', '99999')).toMatchObject({
      code: 5,
      stderr:
        'error: --at 99999 is past the end: the last event of past/1 is 4. Name one from 1 to 4, or leave --at out for all of it.\n',
    })
    // The log of a copy begins where it was copied.
    expect(await cli('fork', 'past/copy', '--at', '1')).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^error: --at 1 is too far back: .* event 2 .* leave --at out for all of it\.\n$/),
    })
    const file = path.join(data.path, 'past.jsonl')
    expect(await cli('export', 'past/1', '-o', file)).toMatchObject({ code: 0 })
    expect(await cli('export', 'past/1', '-o', file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('never overwrites'),
    })
    const none = path.join(data.path, 'none.jsonl')
    expect(await cli('export', 'past/nobody', '-o', none)).toMatchObject({ code: 5 })
    expect(existsSync(none), 'nothing is left in the way of the next try').toBe(false)
    expect(await headrace(['verify', file])).toMatchObject({ code: 0, stdout: expect.stringContaining('past/1') })
    const forged = (await readFile(file, 'utf8')).replace('by train', 'by horse')
    expect(await headrace(['verify', '-'], { input: forged })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('line'),
    })
  })

  test('S5: erase asks first; then a message’s content is gone, and then the session', async () => {
    expect(await cli('erase', 'past/1', '--message', 'm3')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    })
    expect(await cli('erase', 'past/1', '--message', 'm3', '--reason', 'asked to', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Erased the content of m3/),
    })
    const exported = await cli('export', 'past/1')
    expect(exported.stdout).not.toContain('CANARY')
    expect(await headrace(['verify', '-'], { input: exported.stdout })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('redacted'),
    })
    expect(await cli('erase', 'past/copy', '--yes')).toMatchObject({ code: 0, stdout: 'Erased past/copy.\n' })
    expect(await cli('export', 'past/copy')).toMatchObject({ code: 5 })
  })

  test('A4: share prints a token that reads one session and does nothing else', async () => {
    const { code, stdout, stderr } = await cli('share', 'past/1', '--ttl', '1h', '--name', 'Guest')
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^Link \S+ works until \S+: http:\/\/127\S+#token=\S+&session=past%2F1\nIts token:\n$/),
    ])
    const guest = { env: { HEADRACE_TOKEN: stdout.trim() } }
    expect(await headrace(['export', 'past/1', '--data', data.path], guest)).toMatchObject({ code: 0 })
    expect(await headrace(['export', 'past/2', '--data', data.path], guest)).toMatchObject({ code: 5 })
    expect(await headrace(['send', 'past/1', 'hi', '--data', data.path], guest)).toMatchObject({ code: 5 })
  })
})
