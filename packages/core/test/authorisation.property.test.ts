import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allows,
  decide,
  emptyState,
  matches,
  mayWorkAs,
  verbs,
  type Capability,
  type CommandBody,
  type CommandType,
  type Grant,
  type Verb,
} from '../src/index.ts'
import { bodies } from './frames.ts'

/** The commands whose verb alone is what matters here. */
const plainBodies: readonly CommandBody[] = [
  { type: 'steer', run: 'r3', parts: [{ kind: 'text', text: 'x' }] },
  { type: 'pause', run: 'r3' },
  { type: 'resume', run: 'r3' },
  { type: 'reorder', run: 'r3', before: null },
  { type: 'retry', run: 'r3' },
  { type: 'claim-request', request: 'q3', device: 'd' },
  { type: 'answer', request: 'q3', answer: { decision: 'approve' } },
  { type: 'request-floor' },
  { type: 'take-floor' },
  { type: 'hand-back' },
  { type: 'patch', patch: [{ op: 'add', path: '/a', value: 1 }] },
  { type: 'select', leaf: 'm2' },
  { type: 'read', seq: 1 },
  { type: 'redact', message: 'm2' },
]
const commands = [...bodies.filter((body) => !plainBodies.some(({ type }) => type === body.type)), ...plainBodies]

/**
 * The policy a second time, written from SPEC.md in another way than the code: patterns become regular expressions, and
 * every command names its verb here. A record, so that the compiler asks for the verb of a new command.
 */
const needs: Record<CommandType, Verb> = {
  create: 'send',
  update: 'send',
  send: 'send',
  post: 'post',
  regenerate: 'send',
  cancel: 'control',
  steer: 'control',
  pause: 'control',
  resume: 'control',
  reorder: 'control',
  retry: 'control',
  'claim-request': 'answer',
  answer: 'answer',
  'request-floor': 'post',
  'take-floor': 'take-floor',
  // Only whoever has the floor has it to give.
  'hand-back': 'read',
  patch: 'post',
  select: 'post',
  read: 'read',
  redact: 'admin',
  claim: 'write-as-agent',
  heartbeat: 'write-as-agent',
  write: 'write-as-agent',
}

function toRegExp(pattern: string): RegExp {
  const open = pattern === '**' ? '' : pattern.endsWith('/**') ? pattern.slice(0, -3) : undefined
  const fixed = (open ?? pattern)
    .split('/')
    .map((segment) => (segment === '*' ? '[^/]*' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)))
    .join('/')
  if (pattern === '**') return /^.*$/
  return new RegExp(open === undefined ? `^${fixed}$` : `^${fixed}(?:/.*)?$`)
}

function policy(grant: Grant, session: string, verb: Verb): boolean {
  let allowed = false
  for (const capability of grant.capabilities)
    if (toRegExp(capability.sessions).test(session)) allowed ||= new Set(capability.verbs).has(verb)
  return allowed
}

// Few segments, so that patterns and ids meet; some that differ by one character, or mean something to a regular expression.
const plain = fc.constantFrom('team', 'team-a', 'team-ab', 'a', 'A', '1', '10', 'a.b', 'aXb', 'a:b', '')
const id = fc
  .array(plain, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter((text) => text !== '')
const pattern = fc
  .tuple(fc.array(fc.oneof(plain, fc.constant('*')), { maxLength: 3 }), fc.oneof(plain, fc.constantFrom('*', '**')))
  .map(([front, last]) => [...front, last].join('/'))
  .filter((text) => text !== '')
const capability: fc.Arbitrary<Capability> = fc.record({
  sessions: pattern,
  verbs: fc.subarray([...verbs]),
})
const grant: fc.Arbitrary<Grant> = fc.record({
  tenant: fc.constantFrom('default', 'acme'),
  actor: fc.constantFrom('user:ada', 'agent:writer', 'operator:eve'),
  capabilities: fc.array(capability, { maxLength: 4 }),
  agents: fc.subarray(['*', 'writer', 'reader']),
  expiresAt: fc.constant(0),
})

describe('A1i: 20,000 random decisions are those of a policy that was written apart from the code', () => {
  test('A1i: which commands are refused as forbidden, in which sessions', () => {
    const check = (who: Grant, session: string, body: CommandBody): void => {
      // Whoever may take back what they asked for needs no control.
      const isOwn = body.type === 'cancel' && 'own' in body.target
      const verb = isOwn ? 'send' : needs[body.type]
      const decision = decide(emptyState(session), { grant: who, body }, 0)
      const isForbidden = decision.outcome === 'refused' && decision.error.code === 'forbidden'
      expect({ session, verb, isForbidden }).toEqual({ session, verb, isForbidden: !policy(who, session, verb) })
    }
    fc.assert(fc.property(grant, id, fc.constantFrom(...commands), check), { numRuns: 10_000 })
  })

  test('A1i: what may be read, answered, administered, and worked on as which agent', () => {
    const check = (who: Grant, session: string, verb: Verb, agent: string): void => {
      const may = policy(who, session, verb)
      expect({ session, verb, may: allows(who, session, verb) }).toEqual({ session, verb, may })
      const isNamed = who.agents.some((name) => name === '*' || name === agent)
      expect(mayWorkAs(who, session, agent)).toBe(isNamed && policy(who, session, 'write-as-agent'))
    }
    const agent = fc.constantFrom('writer', 'reader', 'other', '*')
    fc.assert(fc.property(grant, id, fc.constantFrom(...verbs), agent, check), { numRuns: 10_000 })
  })

  test('A1i: every command was among them', () => {
    expect(new Set(commands.map(({ type }) => type))).toEqual(new Set(Object.keys(needs)))
  })

  test('A1i: the random ids and patterns meet often enough to say something', () => {
    const [patterns, ids] = [fc.sample(pattern, 2_000), fc.sample(id, 2_000)]
    const met = patterns.filter((text, index) => matches(text, ids[index] ?? '')).length
    expect(met).toBeGreaterThan(100)
    expect(met).toBeLessThan(1_900)
  })
})
