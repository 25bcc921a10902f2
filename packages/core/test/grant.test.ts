import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allows,
  decide,
  matches,
  mayWorkAs,
  systemGrant,
  verbs,
  type Capability,
  type CommandBody,
  type Grant,
  type SystemCommandBody,
  type Verb,
} from '../src/index.ts'
import { grantOf, open, ops, TestSession, text } from './support.ts'

describe('A1a: patterns are matched by segment', () => {
  test.each([
    ['**', 'a', true],
    ['**', 'a/b/c', true],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['team-a/*', 'team-a/1', true],
    ['team-a/*', 'team-a', false],
    ['team-a/*', 'team-a/1/x', false],
    ['team-a/*', 'team-ab/1', false],
    ['team-a/**', 'team-a/1', true],
    ['team-a/**', 'team-a/1/x', true],
    ['team-a/**', 'team-a', true],
    ['team-a/**', 'team-ab', false],
    ['team-a', 'team-ab', false],
    ['team-ab', 'team-a', false],
    ['team-a', 'team-a/1', false],
    ['team-a/1', 'team-a/1', true],
    ['team-a/1', 'team-a/10', false],
    ['*/x', 'a/x', true],
    ['*/x', 'a/y', false],
    ['a/*/c', 'a/b/c', true],
    ['a/*/c', 'a/b/d', false],
    ['**/c', 'a/b/c', false],
    ['a/**/c', 'a/b/c', false],
    ['a/*/**', 'a', false],
    ['a/*/**', 'a/b', true],
    ['team-*', 'team-a', false],
    ['a.b', 'aXb', false],
    ['', 'a', false],
    ['a/', 'a', false],
    ['a/*', 'a/', true],
    ['A', 'a', false],
  ])('%s on %s: %s', (pattern, session, expected) => {
    expect(matches(pattern, session)).toBe(expected)
  })

  test('a pattern without stars is its own session and no other', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9._:/-]{1,20}$/)
    fc.assert(fc.property(id, id, (pattern, session) => matches(pattern, session) === (pattern === session)))
  })
})

describe('A1b: deny is the default', () => {
  test('no capability allows nothing, and capabilities add up', () => {
    expect(verbs.some((verb) => allows(grantOf('user:a', { capabilities: [] }), 's', verb))).toBe(false)
    const grant = grantOf('user:a', {
      capabilities: [
        { sessions: 'a', verbs: ['read'] },
        { sessions: '*', verbs: ['post'] },
      ],
    })
    expect(verbs.filter((verb) => allows(grant, 'a', verb))).toEqual(['read', 'post'])
    expect(verbs.filter((verb) => allows(grant, 'b', verb))).toEqual(['post'])
  })

  test('working as an agent needs its name and the verb on the session', () => {
    const grant = grantOf('agent:x', { agents: ['x'], capabilities: [{ sessions: 's', verbs: ['write-as-agent'] }] })
    expect([mayWorkAs(grant, 's', 'x'), mayWorkAs(grant, 's', 'y'), mayWorkAs(grant, 't', 'x')]).toEqual([
      true,
      false,
      false,
    ])
    expect(mayWorkAs({ ...grant, agents: ['*'] }, 's', 'y')).toBe(true)
    expect(mayWorkAs({ ...grant, agents: [] }, 's', 'x')).toBe(false)
    expect(mayWorkAs({ ...grant, capabilities: [] }, 's', 'x')).toBe(false)
  })

  test('the server’s own grant works as no agent', () => {
    expect(allows(systemGrant('t'), 's', 'admin')).toBe(true)
    expect(mayWorkAs(systemGrant('t'), 's', 'assistant')).toBe(false)
  })
})

describe('A1c: what each command needs', () => {
  // Written down a second time on purpose: this is the policy, the code is the implementation.
  const commands: Record<string, readonly [CommandBody | SystemCommandBody, Verb]> = {
    create: [{ type: 'create' }, 'send'],
    update: [{ type: 'update', metadata: { a: 1 } }, 'send'],
    send: [{ type: 'send', parts: text('x') }, 'send'],
    post: [{ type: 'post', parts: text('x') }, 'post'],
    regenerate: [{ type: 'regenerate', input: 'm2' }, 'send'],
    'cancel all': [{ type: 'cancel', target: { all: true } }, 'control'],
    'cancel a run': [{ type: 'cancel', target: { run: 'r3' } }, 'control'],
    'cancel an agent': [{ type: 'cancel', target: { agent: 'assistant' } }, 'control'],
    'cancel own': [{ type: 'cancel', target: { own: true } }, 'send'],
    claim: [{ type: 'claim', run: 'r6', worker: 'w' }, 'write-as-agent'],
    heartbeat: [{ type: 'heartbeat', run: 'r3', attempt: 1 }, 'write-as-agent'],
    write: [{ type: 'write', run: 'r3', attempt: 1, n: 1, ops: [ops.open()] }, 'write-as-agent'],
    tick: [{ type: 'tick' }, 'admin'],
    join: [{ type: 'join', device: 'd', node: 'n' }, 'read'],
    leave: [{ type: 'leave', device: 'd' }, 'read'],
  }
  const worksAsAgent = new Set(['claim', 'heartbeat', 'write'])

  const session = open()
  session.start()
  session.send({ policy: 'parallel' })

  const segment = fc.constantFrom('demo', 'de', '1', '2', '*', '**', 'team')
  const capability: fc.Arbitrary<Capability> = fc.record({
    sessions: fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/')),
    verbs: fc.subarray([...verbs]),
  })
  const grant: fc.Arbitrary<Grant> = fc.record({
    tenant: fc.constant('default'),
    actor: fc.constantFrom('user:ada', 'user:bob', 'agent:assistant', 'operator:eve'),
    capabilities: fc.array(capability, { maxLength: 3 }),
    agents: fc.subarray(['*', 'assistant', 'other']),
    expiresAt: fc.constant(0),
  })

  /** The policy over patterns, by expanding them to the ids that they mean here: `demo/1` only matters. */
  function expected(name: string, verb: Verb, { capabilities, agents }: Grant): boolean {
    const meant = new Set([
      '**',
      '*/*',
      'demo/*',
      '*/1',
      'demo/1',
      'demo/**',
      '*/**',
      'demo/1/**',
      'demo/*/**',
      '*/1/**',
      '*/*/**',
    ])
    const granted = capabilities.some(({ sessions, verbs: given }) => meant.has(sessions) && given.includes(verb))
    return granted && (!worksAsAgent.has(name) || agents.includes('*') || agents.includes('assistant'))
  }

  test.each(Object.entries(commands))(
    '%s: refused as forbidden exactly when the policy says so',
    (name, [body, verb]) => {
      const check = (as: Grant): void => {
        const decision = decide(session.state, { grant: as, body }, session.now)
        const forbidden = decision.outcome === 'refused' && decision.error.code === 'forbidden'
        expect(forbidden).toBe(!expected(name, verb, as))
        if (forbidden) expect(decision.error.message).toContain('The token does not allow')
      }
      fc.assert(fc.property(grant, check), { numRuns: 2_000 })
    },
  )

  test('who may do nothing in a session does not learn whether it exists', () => {
    const stranger = grantOf('user:eve', { capabilities: [] })
    for (const [body] of Object.values(commands)) {
      const errors = [new TestSession(), session].map((either) => either.refuse('forbidden', body, { as: stranger }))
      expect(errors[0]?.toWire()).toEqual(errors[1]?.toWire())
    }
  })
})
