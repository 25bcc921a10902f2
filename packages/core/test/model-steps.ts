/** The steps of random lives: see `model.ts`. */
import fc from 'fast-check'
import type { PartStart, SendPolicy, WriteOp } from '../src/index.ts'
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
  | {
      readonly kind: 'device'
      readonly who: number
      readonly device: string
      readonly node: string
      readonly joins: boolean
    }

export type Asked =
  | { readonly type: 'create' | 'post' | 'edit' | 'reply' }
  | { readonly type: 'update'; readonly key: string; readonly value: number | null }
  | { readonly type: 'send' | 'regenerate'; readonly policy: SendPolicy | undefined; readonly agent: number }
  | { readonly type: 'cancel'; readonly target: 'run' | 'agent' | 'all' | 'own' }

const key = fc.constantFrom('a', 'b', 'c')
const step = fc.constantFrom('s1', 's2')
const words = fc.oneof(
  { weight: 20, arbitrary: fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }) },
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
const writeOp: fc.Arbitrary<WriteOp> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      { op: fc.constant('open' as const), message: key, part: key, step, start },
      { requiredKeys: ['op', 'message', 'part', 'start'] },
    ),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('delta' as const), message: key, part: key, text: words }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('close' as const), message: key, part: key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('close-message' as const), message: key }) },
  {
    weight: 1,
    arbitrary: fc.constant<WriteOp>({ op: 'set', message: 'a', part: 'a', fields: { output: [1, 'two'] } }),
  },
)
const endOp: fc.Arbitrary<WriteOp> = fc.record({
  op: fc.constant('end' as const),
  reason: fc.constantFrom('complete' as const, 'failed' as const, 'cancelled' as const),
})
/** Nearly always the right number, sometimes an old one, sometimes one to come. */
const drift = fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) })
const pick = fc.nat(1_000)
const policy = fc.option(fc.constantFrom<SendPolicy>('queue', 'parallel', 'interrupt', 'reject'), { nil: undefined })

const asked: fc.Arbitrary<Asked> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constantFrom('send' as const, 'regenerate' as const), policy, agent: fc.nat(1) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('post' as const, 'edit' as const, 'reply' as const, 'create' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('update' as const), key, value: fc.option(fc.nat(2)) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('cancel' as const),
      target: fc.constantFrom('run' as const, 'agent' as const, 'all' as const, 'own' as const),
    }),
  },
)

const one: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.integer({ min: -8_000, max: 9_000 }) }),
  },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('ask' as const), who: fc.nat(2), what: asked, pick }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      pick,
      worker: fc.constantFrom('w1', 'w2'),
      leaseMs: fc.constantFrom(1_000, 6_000, 30_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), pick, drift }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      pick,
      drift,
      skip: drift,
      ops: fc
        .tuple(fc.array(writeOp, { minLength: 1, maxLength: 3 }), fc.option(endOp, { freq: 6, nil: undefined }))
        .map(([batch, end]) => (end ? [...batch, end] : batch)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reload' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retry' as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('device' as const),
      who: fc.nat(2),
      device: fc.constantFrom('d1', 'd2'),
      node: fc.constantFrom('n1', 'n2'),
      joins: fc.boolean(),
    }),
  },
)

/** One life: so many messages that were there before, then steps. Old messages matter, because they go cold. */
export interface RandomLife {
  readonly posts: number
  /** Runs that waited before: their inputs must stay hot, so that others go the sooner. */
  readonly sends: number
  readonly steps: readonly Step[]
}

export const lives: fc.Arbitrary<RandomLife> = fc.record({
  posts: fc.constantFrom(0, 0, 44, 49, 60),
  sends: fc.constantFrom(0, 0, 0, 0, 40, 55),
  steps: fc.array(one, { minLength: 1, maxLength: 300, size: 'max' }),
})
