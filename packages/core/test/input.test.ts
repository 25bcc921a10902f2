import { describe, expect, test } from 'vitest'
import { claimable, isBusy, lookups, type Grant, type SendPolicy } from '../src/index.ts'
import { ada, bob, grantOf, open, ops, text, writer, type TestSession } from './support.ts'

const planner = grantOf('agent:planner')

describe('C1: send asks for work, post doesn’t', () => {
  test('send adds a message and queues a run for the agent of the session', () => {
    const session = open({ agent: 'coder' })
    const run = session.send({ parts: text('build it') })
    expect(session.run(run)).toEqual({
      id: 'r3',
      status: 'queued',
      agent: 'coder',
      input: 'm2',
      policy: 'queue',
      by: 'user:ada',
      queuedAt: session.now,
      attempt: 0,
      maxAttempts: 3,
    })
    expect(session.message('m2')).toMatchObject({ role: 'user', author: 'user:ada', name: 'Ada', status: 'complete' })
    expect(isBusy(session.view)).toBe(true)
  })

  test('an input can name its agent', () => {
    const session = open()
    expect(session.run(session.send({ agent: 'reviewer' })).agent).toBe('reviewer')
  })

  test('post adds a message and nothing else', () => {
    const session = open()
    session.post('for the record')
    expect(session.view).toMatchObject({ runs: [], head: 'm2' })
    expect(isBusy(session.view)).toBe(false)
  })

  test('agents speak as agents, people as people', () => {
    const session = open()
    session.post('from a person', { as: bob })
    session.post('from an agent', { as: planner })
    session.post('from an operator', { as: grantOf('operator:eve') })
    expect(session.view.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user'])
    expect(session.view.messages.map((message) => message.author)).toEqual([
      'user:bob',
      'agent:planner',
      'operator:eve',
    ])
  })

  test('an agent can ask another agent', () => {
    const session = open()
    session.accept({ type: 'send', parts: text('please review'), agent: 'reviewer' }, { as: planner })
    expect(session.run('r3')).toMatchObject({ agent: 'reviewer', by: 'agent:planner' })
  })

  test('parts of people are whole and carry no attempt', () => {
    const session = open()
    const parts = [
      { kind: 'text' },
      { kind: 'file', url: 'https://x/y.png', mediaType: 'image/png', name: 'y' },
      { kind: 'source', url: 'https://x', title: 'X' },
      { kind: 'data', name: 'form', value: { a: [1] } },
    ] as const
    session.accept({ type: 'post', parts })
    expect(session.message('m2').parts).toEqual([
      { id: '0', status: 'closed', kind: 'text', text: '' },
      { id: '1', status: 'closed', kind: 'file', url: 'https://x/y.png', mediaType: 'image/png', name: 'y' },
      { id: '2', status: 'closed', kind: 'source', url: 'https://x', title: 'X' },
      { id: '3', status: 'closed', kind: 'data', name: 'form', value: { a: [1] } },
    ])
  })
})

describe('C2: policies', () => {
  const claims = (session: TestSession): readonly string[] =>
    session.view.runs.filter((run) => claimable(session.view, run)).map((run) => run.id)

  test('C2a: queue: one run of an agent after another, in order', () => {
    const session = open()
    const [first, second, third] = [session.send(), session.send(), session.send()]
    expect(claims(session)).toEqual([first])
    session.refuse('not_claimable', { type: 'claim', run: second, worker: 'w' }, { as: writer })
    session.claim(first)
    expect(claims(session)).toEqual([])
    session.refuse('not_claimable', { type: 'claim', run: second, worker: 'w' }, { as: writer })
    session.end(first)
    expect(claims(session)).toEqual([second])
    session.accept({ type: 'cancel', target: { run: second } })
    expect(claims(session)).toEqual([third])
  })

  test('C2a: a lost attempt keeps its place in the queue', () => {
    const session = open()
    const first = session.start()
    const second = session.send()
    session.pass(10_000)
    expect(claims(session)).toEqual([first])
    session.claim(first)
    session.end(first)
    expect(claims(session)).toEqual([second])
  })

  test('C2a R6: agents don’t wait for each other', () => {
    const session = open()
    const [a, b] = [session.start({ agent: 'a' }), session.send({ agent: 'b' })]
    expect(claims(session)).toEqual([b])
    session.claim(b)
    expect([session.run(a).status, session.run(b).status]).toEqual(['active', 'active'])
  })

  test('C2b: interrupt asks the active run to stop, ends the waiting ones, and waits for its turn', () => {
    const session = open()
    const active = session.start()
    const waiting = session.send()
    const other = session.start({ agent: 'other' })
    const next = session.send({ policy: 'interrupt' })
    expect(session.active(active).cancel).toEqual({ by: 'user:ada', at: session.now })
    expect(session.ended(waiting)).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:ada' })
    expect(session.active(other)).not.toHaveProperty('cancel')
    expect(claims(session)).toEqual([])
    session.end(active)
    expect(claims(session)).toEqual([next])
  })

  test('C2b: a run that is already being stopped is not asked twice', () => {
    const session = open()
    session.start()
    session.accept({ type: 'cancel', target: { all: true } })
    const events = session.accept({ type: 'send', parts: text('x'), policy: 'interrupt' })
    expect(events.map((event) => event.type)).toEqual(['message.added', 'run.queued'])
  })

  test('C2b A1: interrupting what others asked for needs control, unless the session’s policy is interrupt', () => {
    const plain: Grant = grantOf('user:bob', { capabilities: [{ sessions: '**', verbs: ['read', 'send'] }] })
    const session = open()
    session.start()
    const body = { type: 'send', parts: text('x'), policy: 'interrupt' } as const
    expect(session.refuse('forbidden', body, { as: plain }).detail).toEqual({ verb: 'control' })
    session.refuse('forbidden', { type: 'regenerate', input: 'm2', policy: 'interrupt' }, { as: plain })
    session.accept({ ...body, agent: 'idle-agent' }, { as: plain })
    session.accept({ ...body, agent: 'idle-agent' }, { as: plain }) // its own

    const eager = open({ policy: 'interrupt' })
    eager.start()
    eager.accept({ type: 'send', parts: text('x') }, { as: plain })
  })

  test('C2c: reject refuses while the agent has a run here, waiting or active', () => {
    const session = open({ policy: 'reject' })
    const run = session.send()
    const error = session.refuse('agent_busy', { type: 'send', parts: text('x') })
    expect(error).toMatchObject({ retry: 'later', detail: { agent: 'assistant', run } })
    session.claim(run)
    session.refuse('agent_busy', { type: 'send', parts: text('x') })
    session.send({ agent: 'other' })
    session.end(run)
    session.send()
  })

  test('C2d: parallel runs wait for nobody, and the others wait for them', () => {
    const session = open()
    const first = session.start()
    const parallel = session.send({ policy: 'parallel' })
    const second = session.send()
    expect(claims(session)).toEqual([parallel])
    session.claim(parallel)
    session.end(first)
    expect(claims(session)).toEqual([])
    session.end(parallel)
    expect(claims(session)).toEqual([second])
  })

  test('C2d: a parallel run that nobody has taken holds up nobody', () => {
    const session = open()
    const parallel = session.send({ policy: 'parallel' })
    const next = session.send()
    expect(claims(session)).toEqual([parallel, next])
  })

  test('C2: an input’s policy goes before the session’s', () => {
    const session = open({ policy: 'reject' })
    session.start()
    const policies: readonly SendPolicy[] = ['queue', 'parallel', 'interrupt']
    for (const policy of policies) expect(session.run(session.send({ policy })).policy).toBe(policy)
  })

  test('C2: a refusal in the middle of a command leaves nothing behind', () => {
    const session = open()
    session.start()
    session.refuse('message_not_found', { type: 'send', parts: text('x'), policy: 'interrupt', parent: 'm99' })
    expect(session.view.runs).toMatchObject([{ status: 'active' }])
    expect(session.active('r3')).not.toHaveProperty('cancel')
  })
})

describe('S6: the message tree', () => {
  test('an answer hangs on its input, an input on the newest message', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    session.end(run)
    session.send()
    expect(session.view.messages.map(({ id, parent }) => [id, parent])).toEqual([
      ['m2', null],
      [`${run}.a`, 'm2'],
      [session.view.head, `${run}.a`],
    ])
  })

  test('a message can name its parent', () => {
    const session = open()
    const first = session.post('1')
    session.post('2')
    session.accept({ type: 'post', parts: text('3'), parent: first })
    expect(session.view.messages.at(-1)).toMatchObject({ parent: first })
    expect(session.view.head).toBe(session.view.messages.at(-1)?.id)
    session.refuse('message_not_found', { type: 'post', parts: text('4'), parent: 'm99' })
  })

  test('S6a: an edit is a new version beside the original', () => {
    const session = open()
    const original = session.post('teh')
    session.post('later')
    const events = session.accept({ type: 'send', parts: text('the'), edits: original, parent: 'm3' })
    const [added] = events
    expect(added).toMatchObject({ data: { parent: null, edits: original } })
    expect(session.message(original).parts).toMatchObject([{ text: 'teh' }])
    expect(session.view.head).toBe(session.view.messages.at(-1)?.id)
    session.refuse('message_not_found', { type: 'post', parts: text('x'), edits: 'm99' })
  })

  test('S6a C9: an edit while the old answer streams: both go on, the next input follows the edit', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('old'))
    const edit = session.accept({ type: 'send', parts: text('better'), edits: 'm2' })
    const id = session.view.head
    session.write(run, ops.delta(' answer'), ops.open('b'))
    session.end(run)
    expect(session.view.head).toBe(id)
    expect(edit.at(-1)).toMatchObject({ type: 'run.queued', data: { input: id } })
    expect(session.message(`${run}.a`).parts).toMatchObject([{ text: 'old answer' }])
  })

  test('S6a C9: two edits at once are two versions; the last is the head', () => {
    const session = open()
    const original = session.post('original')
    session.accept({ type: 'post', parts: text('ada’s'), edits: original }, { as: ada })
    session.accept({ type: 'post', parts: text('bob’s'), edits: original }, { as: bob })
    expect(session.view.messages.map((message) => message.parent)).toEqual([null, null, null])
    expect(session.view.messages.at(-1)).toMatchObject({ id: session.view.head, author: 'user:bob' })
  })

  test('S6a: only inputs are edited, each kind by its own', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    session.end(run)
    const posted = session.post('from an agent', { as: planner })
    const path = { detail: { path: 'edits' } }
    const edit = (edits: string) => ({ type: 'post', parts: text('x'), edits }) as const
    expect(session.refuse('bad_request', edit(`${run}.a`))).toMatchObject(path)
    expect(session.refuse('bad_request', edit(posted))).toMatchObject(path)
    expect(session.refuse('bad_request', edit('m2'), { as: planner })).toMatchObject(path)
    expect(session.refuse('bad_request', edit(`${run}.a`), { as: grantOf('agent:assistant') })).toMatchObject(path)
    session.accept(edit(posted), { as: planner })
  })

  test('S6b: regenerate asks for another answer to the same input', () => {
    const session = open()
    const first = session.start()
    session.write(first, ops.open())
    session.end(first)
    session.accept({ type: 'regenerate', input: 'm2' }, { as: bob })
    const second = session.view.runs.at(-1)?.id ?? ''
    expect(session.run(second)).toMatchObject({ input: 'm2', by: 'user:bob', agent: 'assistant', policy: 'queue' })
    session.claim(second)
    session.write(second, ops.open())
    expect(session.message(`${second}.a`)).toMatchObject({ parent: 'm2' })
    expect(session.view.head).toBe(`${second}.a`)
  })

  test('S6b: regenerate takes an agent and a policy', () => {
    const session = open()
    session.start()
    session.accept({ type: 'regenerate', input: 'm2', agent: 'other', policy: 'parallel' })
    expect(session.view.runs.at(-1)).toMatchObject({ agent: 'other', policy: 'parallel' })
    session.refuse('agent_busy', { type: 'regenerate', input: 'm2', policy: 'reject' })
  })

  test('S6b: an answer is not an input, and an unknown message is none', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    const error = session.refuse('bad_request', { type: 'regenerate', input: `${run}.a` })
    expect(error.message).toContain('m2')
    session.refuse('message_not_found', { type: 'regenerate', input: 'm99' })
  })

  test('S6b C9: a new answer to an old input does not move the head', () => {
    const session = open()
    const first = session.start()
    session.write(first, ops.open())
    session.end(first)
    const newer = session.post('and another thing')
    session.accept({ type: 'regenerate', input: 'm2' })
    const second = session.view.runs.at(-1)?.id ?? ''
    session.claim(second)
    session.write(second, ops.open())
    expect(session.view.head).toBe(newer)
  })

  test('S6c: an agent’s note moves the head only where it stands at the end', () => {
    const session = open()
    const first = session.post('1')
    const second = session.post('2')
    session.accept({ type: 'post', parts: text('aside'), parent: first }, { as: planner })
    expect(session.view.head).toBe(second)
    const note = session.post('note', { as: planner })
    expect(session.view.head).toBe(note)
  })
})

describe('S2c: cold messages that a command names', () => {
  const long = (): { session: TestSession; cold: string } => {
    const session = open()
    const cold = session.post('first')
    for (let i = 0; i < 60; i += 1) session.post(String(i))
    return { session, cold }
  }

  test('are named by lookups, hot ones are not', () => {
    const { session, cold } = long()
    const hotOne = session.view.head ?? ''
    const parts = text('x')
    const named = (body: Parameters<typeof lookups>[1]): readonly string[] => lookups(session.state, body)
    expect(named({ type: 'send', parts, parent: cold })).toEqual([cold])
    expect(named({ type: 'post', parts, edits: cold, parent: hotOne })).toEqual([cold])
    expect(named({ type: 'regenerate', input: cold })).toEqual([cold])
    expect(named({ type: 'send', parts, parent: hotOne })).toEqual([])
    expect(named({ type: 'send', parts })).toEqual([])
    expect(named({ type: 'cancel', target: { all: true } })).toEqual([])
  })

  test('count when they are given, and are unknown when they are not', () => {
    const { session, cold } = long()
    const message = { ...session.message(session.view.head ?? ''), id: cold, parent: null }
    const options = { cold: [message] }
    for (const body of [
      { type: 'post', parts: text('x'), parent: cold },
      { type: 'send', parts: text('x'), edits: cold },
      { type: 'regenerate', input: cold },
    ] as const) {
      session.refuse('message_not_found', body)
      session.accept(body, { options })
    }
  })
})
