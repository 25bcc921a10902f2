import { createWorker, type Worker } from '@headrace/client/agent'
import { connect, type Client } from '@headrace/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folder, headrace, serve, type Running } from './support/headrace.ts'

let data: Awaited<ReturnType<typeof folder>>
let server: Running
let client: Client
let worker: Worker
/** Ends the runs that wait for it, so that each test leaves nothing behind. */
const endings = new Map<string, () => void>()

beforeAll(async () => {
  data = await folder()
  const started = await serve(['--data', data.path])
  server = started.server
  const { url, token } = started.ready
  client = connect({ url, token })
  worker = createWorker({
    url,
    token,
    agent: 'assistant',
    async handler(run) {
      if (run.session === 'ask/1') {
        const yes = await run.approve({ deploy: 'prod' }, { title: 'Deploy?' })
        await run.text(yes ? 'deployed' : 'left alone')
        return
      }
      await new Promise<void>((resolve) => {
        endings.set(run.session, resolve)
        run.signal.addEventListener('abort', () => resolve())
      })
    },
  })
  await worker.ready
})
afterAll(async () => {
  for (const end of endings.values()) end()
  await worker.close()
  await client.close()
  await server[Symbol.asyncDispose]()
  await data[Symbol.asyncDispose]()
})

const cli = (...args: string[]): ReturnType<typeof headrace> => headrace([...args, '--data', data.path])

/** A session whose agent is at work. */
async function atWork(id: string): Promise<void> {
  const session = client.session(id)
  await session.create()
  await session.send('work')
  await new Promise<void>((resolve) => {
    const stop = session.subscribe(() => {
      if (!session.getSnapshot().view.runs.some((run) => run.status === 'active')) return
      stop()
      resolve()
    })
  })
}

describe('headrace steer, pause, resume, take, hand-back', () => {
  test('C5 C6: change what the only open run does, and say when there is nothing to change', async () => {
    await atWork('work/1')
    expect(await cli('steer', 'work/1', 'shorter,', 'please')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Handed to the agent \(event \d+\)\.\n$/),
    })
    expect(await cli('pause', 'work/1')).toMatchObject({ code: 0, stdout: expect.stringContaining('Paused') })
    expect(await cli('pause', 'work/1')).toMatchObject({ code: 0, stdout: 'It is paused already.\n' })
    expect(await cli('resume', 'work/1')).toMatchObject({ code: 0, stdout: expect.stringContaining('It goes on') })
    await client.session('work/1').send('more')
    await client.session('work/1').send('and more')
    const many = await cli('pause', 'work/1')
    expect(many).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/name one with --run: r\d+ \(assistant, active\), r\d+ /),
    })
    await client.session('work/1').cancel()
    expect(await cli('steer', 'no/such', 'x')).toMatchObject({ code: 5 })
  })

  test('C8: take over and hand back, and tell who holds the floor', async () => {
    await atWork('work/2')
    expect(await cli('take', 'work/2', '--note', 'customer is angry')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('agents hold still'),
    })
    expect(await cli('take', 'work/2')).toMatchObject({ code: 0, stdout: 'You hold the floor already.\n' })
    expect(await cli('hand-back', 'work/2')).toMatchObject({ code: 0, stdout: expect.stringContaining('agents go on') })
    expect(await cli('hand-back', 'work/2')).toMatchObject({ code: 0, stdout: 'Nobody holds the floor.\n' })
    await client.session('work/2').cancel()
  })
})

describe('headrace answer', () => {
  test('C7: shows what is asked with the exact action, answers it, and tells who was first', async () => {
    const session = client.session('ask/1')
    await session.create()
    await session.send('deploy')
    const asked = new Promise<string>((resolve) => {
      const stop = session.subscribe(() => {
        const [request] = session.getSnapshot().view.requests
        if (!request) return
        stop()
        resolve(request.id)
      })
    })
    const request = await asked
    const shown = await cli('answer', 'ask/1')
    expect(shown.stdout).toContain(`${request}: Deploy? [approval, open]`)
    expect(shown.stdout).toContain('"deploy": "prod"')
    expect(shown.stdout).toMatch(/^sha256 [0-9a-f]{64}$/m)
    expect(await cli('answer', 'ask/1', '--value', '{oops')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('must be JSON'),
    })
    expect(await cli('answer', 'ask/1', 'r99.no', '--approve')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(request),
    })
    expect(await cli('answer', 'ask/1', '--approve', '--reason', 'go')).toMatchObject({ code: 0 })
    const late = await cli('answer', 'ask/1', request, '--deny')
    expect(late).toMatchObject({ code: 5, stderr: expect.stringMatching(/has answered it \(approve\)/) })
    expect(await cli('answer', 'ask/1', '--approve')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('Nothing waits'),
    })
  })
})
