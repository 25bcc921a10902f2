import { describe, expect, test } from 'vitest'
import { verbs, type CommandBody, type SessionKey, type Store, type WriteOp } from '@headrace/core'
import { openDoor, type Answered, type OpenDoor } from './support/http.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { ada, key, openHub, text } from './support/hub.ts'
import { writer } from './support/story.ts'

interface Person {
  readonly token: string
  ask(line: string, json?: object): Promise<Answered>
  does(session: string, body: CommandBody): Promise<Answered>
}

async function person(
  door: OpenDoor,
  name: string,
  {
    kind = 'user',
    cap = [{ s: '**', op: verbs }],
    agents = [],
  }: { kind?: string; cap?: object; agents?: readonly string[] } = {},
): Promise<Person> {
  const token = await door.mint({ sub: name, kind, cap, agents } as never) // claims as tests have them
  const ask: Person['ask'] = (line, json) => door.ask(line, { token, ...(json && { json }) })
  return {
    token,
    ask,
    does: (session, body) => ask(`POST /v1/sessions/${encodeURIComponent(session)}/commands`, { body }),
  }
}

const post = (words: string, fields: Partial<Extract<CommandBody, { type: 'post' }>> = {}): CommandBody => ({
  type: 'post',
  parts: text(words),
  ...fields,
})

async function found(who: Person, query: string): Promise<readonly string[]> {
  const { status, body } = await who.ask(`GET /v1/search?${query}`)
  expect(status).toBe(200)
  return body.hits.map(({ session, message }: { session: string; message: string }) => `${session} ${message}`)
}

describe('search', () => {
  test('P6d messages are found by their words, newest first, hot and cold, with what stands around the word', async () => {
    await using door = await openDoor()
    const ada = await person(door, 'ada')
    for (const id of ['a', 'b']) await ada.ask('POST /v1/sessions', { id })
    await ada.does('a', post('The quick brown fox, as they say.'))
    for (let index = 0; index < 60; index += 1) await ada.does('a', post(`filler ${index}`))
    await door.clock.advance(1_000)
    await ada.does('b', post(`${'much before '.repeat(30)}a quick one ${'and after '.repeat(30)}`))
    expect(await found(ada, 'q=quick')).toEqual(['b m2', 'a m2'])
    expect(await found(ada, 'q=QUICK+br')).toEqual(['a m2'])
    expect(await found(ada, 'q=quick+missing')).toEqual([])
    const { body } = await ada.ask('GET /v1/search?q=quick')
    expect(body.hits[1]).toEqual({
      session: 'a',
      message: 'm2',
      seq: 2,
      at: 1_000_000,
      role: 'user',
      author: 'user:ada',
      snippet: 'The quick brown fox, as they say.',
    })
    expect(body.hits[0].snippet).toMatch(/^….*a quick one and after.*…$/)
    const first = await ada.ask('GET /v1/search?q=filler&limit=50')
    expect(first.body.hits).toHaveLength(50)
    const second = await ada.ask(`GET /v1/search?q=filler&limit=50&cursor=${first.body.cursor}`)
    expect(second.body.hits).toHaveLength(10)
    expect(second.body.cursor).toBeUndefined()
  })

  test('P6d nobody finds what they may not read or see, nor what was redacted or deleted', async () => {
    await using door = await openDoor()
    const ada = await person(door, 'ada')
    const bob = await person(door, 'bob')
    const eve = await person(door, 'eve', { cap: [{ s: 'b', op: ['read'] }] })
    const away = { ...(await person(door, 'mallory')), token: '' }
    const token = await door.mint({ sub: 'ada', ten: 'other', cap: [{ s: '**', op: verbs }] })
    for (const id of ['a', 'b']) await ada.ask('POST /v1/sessions', { id })
    await ada.does('a', post('needle one'))
    await ada.does('b', post('needle two'))
    await ada.does('b', post('needle for few', { to: ['user:ada'] }))
    expect(await found(ada, 'q=needle')).toHaveLength(3)
    expect(await found(bob, 'q=needle')).toEqual(['a m2', 'b m2'])
    expect(await found(eve, 'q=needle')).toEqual(['b m2'])
    expect((await door.ask('GET /v1/search?q=needle', { token })).body).toEqual({ hits: [] })
    expect((await door.ask('GET /v1/search?q=needle', { token: away.token })).status).toBe(401)
    await ada.does('a', { type: 'redact', message: 'm2' })
    expect(await found(bob, 'q=needle')).toEqual(['b m2'])
    await ada.ask('DELETE /v1/sessions/b')
    expect(await found(ada, 'q=needle')).toEqual([])
  })

  test('P6d a message is found by the names of its files and sources, and shown with them', async () => {
    await using door = await openDoor()
    const ada = await person(door, 'ada')
    await ada.ask('POST /v1/sessions', { id: 'a' })
    const url = 'https://files.example.com/1'
    await ada.does('a', {
      type: 'post',
      parts: [
        ...text('please read'),
        { kind: 'file', url, mediaType: 'application/pdf', name: 'Quarterly figures.pdf' },
        { kind: 'source', url, title: 'Annual meeting' },
        { kind: 'file', url, mediaType: 'application/pdf' },
      ],
    })
    for (const word of ['quarterly', 'annual', 'read']) {
      const { body } = await ada.ask(`GET /v1/search?q=${word}`)
      expect(body.hits.map(({ snippet }: { snippet: string }) => snippet)).toEqual([
        'please read Quarterly figures.pdf Annual meeting',
      ])
    }
    await ada.does('a', { type: 'redact', message: 'm2', part: '1' })
    expect(await found(ada, 'q=quarterly')).toEqual([])
    const { body } = await ada.ask('GET /v1/search?q=annual')
    expect(body.hits[0].snippet).toBe('please read Annual meeting')
  })

  test('P6d an answer is found as soon as it is whole', async () => {
    await using door = await openDoor()
    const ada = await person(door, 'ada')
    const agent = await person(door, 'assistant', { kind: 'agent', agents: ['*'] })
    await ada.ask('POST /v1/sessions', { id: 'a' })
    await ada.does('a', { type: 'send', parts: text('go') })
    await agent.does('a', { type: 'claim', run: 'r3', worker: 'w' })
    const write = (n: number, ops: Extract<CommandBody, { type: 'write' }>['ops']): Promise<Answered> =>
      agent.does('a', { type: 'write', run: 'r3', attempt: 1, n, ops })
    await write(1, [
      { op: 'open', message: 'm', part: 'p', start: { kind: 'text' } },
      { op: 'delta', message: 'm', part: 'p', text: 'a need' },
      { op: 'delta', message: 'm', part: 'p', text: 'le here' },
    ])
    expect(await found(ada, 'q=needle')).toEqual([])
    await write(2, [
      { op: 'close', message: 'm', part: 'p' },
      { op: 'close-message', message: 'm' },
    ])
    expect(await found(ada, 'q=needle')).toEqual(['a r3.m'])
    await write(3, [{ op: 'open', message: 'n', part: 'p', start: { kind: 'text', text: 'another needle' } }])
    await ada.does('a', { type: 'cancel', target: { all: true } })
    await write(4, [{ op: 'end', reason: 'cancelled' }])
    expect((await found(ada, 'q=needle')).toSorted()).toEqual(['a r3.m', 'a r3.n'])
  })

  test('P6d a query that is too long or has no words is refused with what to do', async () => {
    await using door = await openDoor()
    const ada = await person(door, 'ada')
    const long = await ada.ask(`GET /v1/search?q=${'word+'.repeat(2_000)}`)
    expect(long).toMatchObject({
      status: 400,
      body: {
        error: { code: 'bad_request', detail: { path: 'query.q', limit: 'searchChars', allowed: 512, actual: 10_000 } },
      },
    })
    expect(long.body.error.message).toMatch(/^A search may have 512 characters \(searchChars\), not 10000\./)
    for (const query of ['', 'q=', 'q=%21%3F', 'q=x&limit=0', 'q=x&cursor=nonsense', 'q=x&other=1']) {
      expect([query, (await ada.ask(`GET /v1/search?${query}`)).status]).toEqual([query, 400])
    }
  })
})

describe('a list', () => {
  test('P6e sessions are filtered by status, metadata and whether they are archived', async () => {
    await using door = await openDoor()
    const ada = await person(door, 'ada')
    const make = (id: string, metadata: object): Promise<Answered> => ada.ask('POST /v1/sessions', { id, metadata })
    await make('a', { team: 'red', size: 1, done: false })
    await make('b', { team: 'red', size: 2, done: true })
    await make('c', { team: 'blue', size: '1' })
    await ada.does('c', { type: 'send', parts: text('hi') })
    const ids = async (query: string): Promise<readonly string[]> => {
      const { status, body } = await ada.ask(`GET /v1/sessions?${query}`)
      expect([query, status]).toEqual([query, 200])
      return body.rows.map(({ id }: { id: string }) => id).toSorted()
    }
    expect(await ids('')).toEqual(['a', 'b', 'c'])
    expect(await ids('metadata.team=red')).toEqual(['a', 'b'])
    expect(await ids('metadata.team=red&metadata.size=2')).toEqual(['b'])
    expect(await ids('metadata.size=1')).toEqual(['a'])
    expect(await ids('metadata.size=%221%22')).toEqual(['c'])
    expect(await ids('metadata.done=true')).toEqual(['b'])
    expect(await ids('status=waiting')).toEqual(['c'])
    expect(await ids('status=idle&metadata.team=red&limit=1')).toHaveLength(1)
    expect(await ada.does('a', { type: 'update', archived: true })).toMatchObject({ status: 200 })
    expect(await ids('')).toEqual(['b', 'c'])
    expect(await ids('archived=true')).toEqual(['a'])
    expect(await ids('archived=any')).toEqual(['a', 'b', 'c'])
    await ada.does('a', { type: 'update', archived: false })
    expect(await ids('archived=false')).toEqual(['a', 'b', 'c'])
    const many = Array.from({ length: 9 }, (_, index) => `metadata.f${index}=1`).join('&')
    for (const query of ['status=asleep', 'archived=maybe', 'metadata=1', many]) {
      expect([query, (await ada.ask(`GET /v1/sessions?${query}`)).status]).toEqual([query, 400])
    }
  })
})

describe('the inbox', () => {
  const ask = (key: string, fields: object = {}): CommandBody => ({
    type: 'write',
    run: 'r3',
    attempt: 1,
    n: 1,
    ops: [{ op: 'request', key, spec: { kind: 'approval', title: `May I ${key}?`, action: { do: key }, ...fields } }],
  })

  async function asked(door: OpenDoor, session: string, body: CommandBody): Promise<void> {
    const ada = await person(door, 'ada')
    const agent = await person(door, 'assistant', { kind: 'agent', agents: ['*'] })
    await ada.ask('POST /v1/sessions', { id: session, metadata: { title: `About ${session}` } })
    await ada.does(session, { type: 'send', parts: text('go') })
    await agent.does(session, { type: 'claim', run: 'r3', worker: 'w', leaseMs: 600_000 })
    expect(await agent.does(session, body)).toMatchObject({ status: 200 })
  }

  test('P5b what waits for somebody is found across sessions, and goes when it is answered', async () => {
    await using door = await openDoor()
    await asked(door, 'a', ask('go'))
    await door.clock.advance(1_000)
    await asked(door, 'b', ask('stop', { answerers: ['user:bob'] }))
    const ada = await person(door, 'ada')
    const bob = await person(door, 'bob')
    const entries = async (who: Person): Promise<readonly Record<string, unknown>[]> =>
      (await who.ask('GET /v1/inbox')).body.entries
    expect(await entries(ada)).toEqual([
      {
        session: 'a',
        title: 'About a',
        kind: 'request',
        ref: 'r3.go',
        at: expect.any(Number),
        request: expect.objectContaining({
          id: 'r3.go',
          status: 'open',
          spec: expect.objectContaining({ title: 'May I go?' }),
        }),
      },
    ])
    expect((await entries(bob)).map(({ ref }) => ref)).toEqual(['r3.stop', 'r3.go'])
    const { digest } = (await entries(bob))[0]!['request'] as { readonly digest: string } // as above
    await bob.does('b', { type: 'answer', request: 'r3.stop', digest, answer: { decision: 'approve' } })
    expect((await entries(bob)).map(({ ref }) => ref)).toEqual(['r3.go'])
    await ada.does('a', post('look at this', { mentions: ['user:bob'] }))
    expect((await entries(bob)).map(({ kind, ref }) => [kind, ref])).toContainEqual([
      'mention',
      expect.stringMatching(/^m/),
    ])
    expect((await entries(ada)).map(({ kind }) => kind)).not.toContain('mention')
  })

  test('P5b nobody is shown what is not for them', async () => {
    await using door = await openDoor()
    await asked(door, 'a', ask('go', { to: ['user:bob'] }))
    await asked(door, 'b', ask('deploy', { answerers: 'operators' }))
    const inbox = async (who: Person): Promise<readonly string[]> =>
      (await who.ask('GET /v1/inbox')).body.entries.map(({ ref }: { ref: string }) => ref)
    const ada = await person(door, 'ada')
    const bob = await person(door, 'bob')
    const sue = await person(door, 'sue', { kind: 'operator' })
    expect(await inbox(ada)).toEqual([])
    expect(await inbox(bob)).toEqual(['r3.go'])
    expect(await inbox(sue)).toEqual(['r3.deploy'])
    // The right to answer is looked at as well, and that to read.
    const reader = await person(door, 'bob', { cap: [{ s: '**', op: ['read'] }] })
    expect(await inbox(reader)).toEqual([])
    const elsewhere = await person(door, 'bob', { cap: [{ s: 'b', op: ['read', 'answer'] }] })
    expect(await inbox(elsewhere)).toEqual([])
    await asked(door, 'c', ask('look'))
    expect(await inbox(ada)).toEqual(['r3.look'])
    // Agents answer only what names them.
    expect(await inbox(await person(door, 'helper', { kind: 'agent', agents: ['*'] }))).toEqual([])
    const blind = await person(door, 'sue', { kind: 'operator', cap: [{ s: '**', op: ['answer'] }] })
    expect(await inbox(blind)).toEqual([])
    const rows = (await ada.ask('GET /v1/sessions')).body.rows
    expect(JSON.stringify(rows)).not.toContain('r3.go')
  })

  test('P5b it comes by page, each session once', async () => {
    await using door = await openDoor()
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      await asked(door, id, ask('go'))
      await door.clock.advance(10)
    }
    const ada = await person(door, 'ada')
    const sessions: string[] = []
    let cursor = ''
    do {
      const { body } = await ada.ask(`GET /v1/inbox?limit=2${cursor}`)
      sessions.push(...body.entries.map(({ session }: { session: string }) => session))
      cursor = body.cursor === undefined ? '' : `&cursor=${body.cursor}`
    } while (cursor !== '')
    expect(sessions).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect((await ada.ask('GET /v1/inbox?cursor=nonsense')).status).toBe(400)
  })
})

test('P5b P6d what is removed while it is looked for is left out, and the rest is found', async () => {
  const inner = createMemoryStore()
  let isGoing = false
  const going = async <T>(page: T): Promise<T> => {
    if (isGoing) await server.hub.purge(key)
    isGoing = false
    return page
  }
  const store: Store = {
    ...inner,
    inbox: async (query) => going(await inner.inbox(query)),
    search: async (query) => going(await inner.search(query)),
  }
  await using server = openHub(store)
  const fill = async (session: SessionKey): Promise<void> => {
    const submit = (body: CommandBody, grant = ada): Promise<unknown> => server.hub.submit(session, { grant, body })
    await submit({ type: 'create' })
    await submit({ type: 'send', parts: text('needle') })
    await submit({ type: 'claim', run: 'r3', worker: 'w' }, writer)
    const op: WriteOp = { op: 'request', key: 'q', spec: { kind: 'question', title: 'Which?' } }
    await submit({ type: 'write', run: 'r3', attempt: 1, n: 1, ops: [op] }, writer)
  }
  const { history } = server.hub
  await fill('default!other')
  for (const look of [
    async () => (await history.inbox(ada, { limit: 10 })).entries,
    async () => (await history.search(ada, { query: 'needle', limit: 10 })).hits,
  ]) {
    await fill(key)
    expect((await look()).map(({ session }) => session).sort()).toEqual(['demo/1', 'other'])
    isGoing = true
    expect((await look()).map(({ session }) => session)).toEqual(['other'])
  }
})
