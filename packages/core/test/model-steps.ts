/** The steps of random lives: see `model.ts`. */
import fc from 'fast-check'
import type {
  Audience,
  Budget,
  JsonPatch,
  PartStart,
  RequestSpec,
  SendPolicy,
  SettingsChange,
  WriteOp,
} from '../src/index.ts'
import { anyCharacter } from './any-character.ts'
import { roundTrip } from './support.ts'

/** What a step does is chosen against the state it meets: numbers pick from what is there. */
export type Step =
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'ask'; readonly who: number; readonly what: Asked; readonly pick: number }
  | { readonly kind: 'claim'; readonly pick: number; readonly worker: string; readonly leaseMs: number }
  | { readonly kind: 'heartbeat'; readonly pick: number; readonly drift: number }
  | {
      readonly kind: 'write'
      readonly pick: number
      readonly drift: number
      readonly skip: number
      readonly ops: readonly WriteOp[]
    }
  /** Time passes and the server looks what it made due. */
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'reload' }
  | { readonly kind: 'retry'; readonly pick: number }
  /** Something that the server asks. */
  | {
      readonly kind: 'server'
      readonly what: 'erased' | 'take-notice' | 'settle-notice' | 'undelivered' | 'compacted'
      readonly pick: number
    }
  | {
      readonly kind: 'device'
      readonly who: number
      readonly device: string
      readonly node: string
      readonly joins: boolean
    }

export type Asked =
  | { readonly type: 'create' }
  | { readonly type: 'post' | 'edit' | 'reply'; readonly to: Audience | undefined }
  | { readonly type: 'update'; readonly key: string; readonly value: number | null }
  | { readonly type: 'settings'; readonly change: SettingsChange }
  | {
      readonly type: 'send' | 'regenerate'
      readonly policy: SendPolicy | undefined
      readonly agent: number
      readonly to: Audience | undefined
      readonly budget: Budget | undefined
    }
  | { readonly type: 'cancel'; readonly target: 'run' | 'subtree' | 'agent' | 'own' }
  | { readonly type: 'steer'; readonly to: Audience | undefined; readonly carry: boolean }
  | { readonly type: 'pause' | 'resume' | 'retry' | 'select' | 'read' | 'redact' | 'redact-part' }
  | { readonly type: 'reorder'; readonly before: number | null }
  | { readonly type: 'claim-request' | 'answer'; readonly wrong: boolean }
  | { readonly type: 'request-floor' | 'hand-back' }
  | { readonly type: 'take-floor'; readonly force: boolean }
  | { readonly type: 'patch'; readonly patch: JsonPatch; readonly drift: number | undefined }

const key = fc.constantFrom('a', 'b', 'c')
const step = fc.constantFrom('s1', 's2')
const words = fc.oneof(
  { weight: 20, arbitrary: fc.string({ minLength: 1, maxLength: 12, unit: anyCharacter }) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(40_000), 'y'.repeat(150_000)) },
)
const start: fc.Arbitrary<PartStart> = fc.oneof(
  fc.constant<PartStart>({ kind: 'text' }),
  fc.constant<PartStart>({ kind: 'reasoning', text: 'hm' }),
  fc.constant<PartStart>({ kind: 'tool', name: 'search', callId: 'c' }),
  fc.constant<PartStart>({ kind: 'file', url: 'blob:1', mediaType: 'text/plain' }),
  fc
    .jsonValue({ maxDepth: 2 })
    .map((value): PartStart => ({ kind: 'data', name: 'd', value: roundTrip(value) as number })),
)
/** Mostly for everybody. */
const to = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Audience>('operators', 'agents', ['user:bob'], ['user:ada', 'operator:sue']),
  },
)
const budget: fc.Arbitrary<Budget | undefined> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Budget>(
      { tokens: 40 },
      { toolCalls: 3 },
      { timeMs: 20_000 },
      { tokens: 9, timeMs: 5_000 },
    ),
  },
)
const answerers = fc.constantFrom(undefined, undefined, 'operators' as const, [
  'user:bob' as const,
  'agent:planner' as const,
])
const expiresMs = fc.constantFrom(undefined, 3_000, 20_000)
/** A field that is not there is left out: `undefined` is no JSON. */
const spec: fc.Arbitrary<RequestSpec> = fc
  .oneof(
    fc.record({
      kind: fc.constant('approval'),
      title: fc.constant('ok?'),
      action: fc.constantFrom('rm', { b: 1, a: 2 }),
      answerers,
      expiresMs,
      to,
      onExpiry: fc.constantFrom(undefined, 'deny', 'approve', 'escalate'),
    }),
    fc.record({
      kind: fc.constant('question'),
      title: fc.constant('which?'),
      schema: fc.constantFrom(undefined, { type: 'integer', minimum: 1 }),
      answerers,
      to,
      expiresMs,
    }),
    fc.record({
      kind: fc.constant('tool'),
      title: fc.constant('run'),
      name: fc.constant('where'),
      claimMs: fc.constantFrom(undefined, 2_000),
      onLapse: fc.constantFrom(undefined, 'again'),
      expiresMs,
      to,
    }),
  )
  .map((made) => roundTrip(made) as RequestSpec) // `onExpiry` without `expiresMs` is one of the refusals
const writeOp: fc.Arbitrary<WriteOp> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        op: fc.constant('open' as const),
        message: key,
        part: key,
        step,
        start,
        to: to.filter((who) => who !== undefined),
      },
      { requiredKeys: ['op', 'message', 'part', 'start'] },
    ),
  },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('delta' as const), message: key, part: key, text: words }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('close' as const), message: key, part: key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('close-message' as const), message: key }) },
  {
    weight: 1,
    arbitrary: fc.constant<WriteOp>({ op: 'set', message: 'a', part: 'a', fields: { output: [1, 'two'] } }),
  },
  {
    weight: 1,
    arbitrary: fc.nat(12).map((outputTokens): WriteOp => ({ op: 'usage', usage: { outputTokens, costUsd: 0.001 } })),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('request' as const), key, spec }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('withdraw' as const), key }) },
  // The message is chosen when the run is known.
  { weight: 1, arbitrary: fc.constant<WriteOp>({ op: 'consume', message: 'm1' }) },
  {
    weight: 1,
    arbitrary: fc.tuple(key, to, budget).map(([name, audience, most]): WriteOp => ({
      op: 'spawn',
      key: name,
      agent: 'coder',
      parts: [{ kind: 'text', text: 'do' }],
      ...(audience !== undefined && { to: audience }),
      ...(most && { budget: most }),
    })),
  },
)
/** Lets go of the run: for a request, or until somebody resumes it. */
const suspendOp = fc
  .option(key, { nil: undefined })
  .map((waitsFor): WriteOp => ({ op: 'suspend', ...(waitsFor !== undefined && { waitsFor: [waitsFor] }) }))
const endOp: fc.Arbitrary<WriteOp> = fc.record({
  op: fc.constant('end' as const),
  reason: fc.constantFrom('complete' as const, 'failed' as const, 'cancelled' as const),
})
/** Nearly always the right number, sometimes an old one, sometimes one to come. */
const drift = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) })
const pick = fc.nat(1_000)
const policy = fc.option(fc.constantFrom<SendPolicy>('queue', 'parallel', 'interrupt', 'reject', 'steer'), {
  nil: undefined,
})

const pointer = fc.constantFrom('/a', '/a/b', '/l/-', '/l/0', '/l', '')
const patch: fc.Arbitrary<JsonPatch> = fc
  .array(
    fc.oneof(
      fc.record({
        op: fc.constantFrom('add' as const, 'replace' as const),
        path: pointer,
        value: fc.constantFrom(1, [], {}),
      }),
      fc.record({ op: fc.constant('remove' as const), path: pointer }),
      fc.record({ op: fc.constantFrom('copy' as const, 'move' as const), from: pointer, path: pointer }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((made) => roundTrip(made)) // plain objects
const change = fc.constantFrom<SettingsChange>(
  { budget: { tokens: 60 } },
  { budget: null },
  { runBudget: { timeMs: 30_000 } },
  { participantBudget: { tokens: 50, timeMs: 40_000 } },
  { participantBudget: null },
  { unwatched: { afterMs: 10_000, action: 'pause' } },
  { unwatched: { afterMs: 10_000, action: 'cancel' } },
  { unwatched: null },
  { policy: 'steer' },
  { archived: true },
  { archived: false },
)
const asked: fc.Arbitrary<Asked> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('send' as const, 'send' as const, 'regenerate' as const),
      policy,
      agent: fc.nat(1),
      to,
      budget,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constantFrom('post' as const, 'edit' as const, 'reply' as const), to }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('create' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('update' as const), key, value: fc.option(fc.nat(2)) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('settings' as const), change }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('cancel' as const),
      target: fc.constantFrom(
        'run' as const,
        'run' as const,
        'run' as const,
        'subtree' as const,
        'agent' as const,
        'own' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('steer' as const), to, carry: fc.boolean() }) },
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'pause' as const,
        'resume' as const,
        'resume' as const,
        'retry' as const,
        'select' as const,
        'read' as const,
        'redact' as const,
        'redact-part' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reorder' as const), before: fc.option(pick) }) },
  {
    weight: 9,
    arbitrary: fc.record({
      type: fc.constantFrom('claim-request' as const, 'answer' as const, 'answer' as const),
      wrong: fc.nat(9).map((of) => of === 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ type: fc.constantFrom('request-floor' as const, 'hand-back' as const, 'hand-back' as const) }),
      fc.record({ type: fc.constant('take-floor' as const), force: fc.boolean() }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('patch' as const),
      patch,
      drift: fc.constantFrom(undefined, 0, 0, -1),
    }),
  },
)

const one: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.integer({ min: -8_000, max: 9_000 }) }),
  },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('ask' as const), who: fc.nat(3), what: asked, pick }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      pick,
      worker: fc.constantFrom('w1', 'w2'),
      leaseMs: fc.constantFrom(1_000, 6_000, 30_000, 60_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), pick, drift }) },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      pick,
      drift,
      skip: drift,
      ops: fc
        .tuple(
          fc.array(writeOp, { minLength: 1, maxLength: 3 }),
          fc.option(fc.oneof(endOp, endOp, suspendOp), { freq: 5, nil: undefined }),
        )
        .map(([batch, end]) => (end ? [...batch, end] : batch)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.oneof(fc.nat(1_000), fc.nat(20_000)) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reload' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retry' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('server' as const),
      what: fc.constantFrom(
        'erased' as const,
        'take-notice' as const,
        'settle-notice' as const,
        'undelivered' as const,
        'compacted' as const,
      ),
      pick,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('device' as const),
      who: fc.nat(3),
      device: fc.constantFrom('d1', 'd2'),
      node: fc.constantFrom('n1', 'n2'),
      joins: fc.boolean(),
    }),
  },
)

/** One life: so many messages that were there before, then steps. Old messages matter, because they go cold. */
export interface RandomLife {
  readonly posts: number
  /** The same between two people. */
  readonly whispers: number
  /** Runs that waited before: their inputs must stay hot, so that others go the sooner. */
  readonly sends: number
  readonly steps: readonly Step[]
}

export const lives: fc.Arbitrary<RandomLife> = fc.record({
  posts: fc.constantFrom(0, 0, 44, 49, 60),
  whispers: fc.constantFrom(0, 0, 0, 0, 0, 0, 48, 55),
  sends: fc.constantFrom(0, 0, 0, 0, 40, 55),
  steps: fc.array(one, { minLength: 1, maxLength: 300, size: 'max' }),
})
