import {
  decide,
  emptyState,
  sha256,
  canonical,
  type Audience,
  type CommandBody,
  type Grant,
  type PartStart,
  type SessionEvent,
  type SessionState,
  type SystemCommandBody,
  type WriteOp,
} from '../src/index.ts'
import { ada, bob, grantOf, roundTrip, server, writer } from './support.ts'

const sue = grantOf('operator:sue', { name: 'Sue' })
const people: readonly Grant[] = [ada, bob, sue]
const agents = ['writer', 'clerk'] as const
const audiences: readonly Audience[] = ['operators', 'agents', ['user:ada', 'user:bob'], ['user:bob', 'operator:sue']]
const words = ['hi', 'é ü', '\u{1F600}', 'a "quoted"\nline\t\u0001', '\ud800 alone', '']

/**
 * The log of a session in which much happens by chance: every kind of command, by people and agents, with private things
 * among them. The same seed gives the same log.
 */
export function randomLog(seed: number, steps = 260): readonly SessionEvent[] {
  return new RandomSession(seed).live(steps)
}

type Body = CommandBody | SystemCommandBody

class RandomSession {
  #state: SessionState = emptyState('demo/1')
  #seed: number
  #now = 1_000_000
  readonly #log: SessionEvent[] = []

  constructor(seed: number) {
    this.#seed = seed
  }

  live(steps: number): readonly SessionEvent[] {
    const budget = this.#maybe(2) ? { runBudget: { tokens: 300 } } : {}
    this.#ask({ type: 'create', agent: 'writer', metadata: { a: 1, b: null }, ...budget }, ada)
    this.#ask({ type: 'post', parts: [{ kind: 'text', text: 'first' }] }, ada)
    const isLarge = this.#maybe(10)
    for (let step = 0; step < steps; step += 1) {
      this.#now += this.#below(this.#maybe(30) ? 90_000 : 900)
      this.#step(isLarge)
    }
    return this.#log
  }

  #step(isLarge: boolean): void {
    const who = this.#one(people) ?? ada
    const { view, guard } = this.#state
    const run = this.#one(view.runs)?.id ?? 'r0'
    const message = this.#one(view.messages)?.id ?? 'm0'
    const active = this.#one(view.runs.filter(({ status }) => status === 'active'))
    const queued = view.runs.filter(({ status }) => status === 'queued')
    const redaction = guard.erasing[0]
    const notice = guard.notices[0]
    const moves: readonly (() => void)[] = [
      () => this.#ask({ type: 'send', parts: this.#parts(), agent: this.#one(agents) ?? 'writer', ...this.#to() }, who),
      () =>
        this.#ask(
          { type: 'send', parts: this.#parts(), policy: this.#one(['parallel', 'interrupt', 'steer']) ?? 'queue' },
          who,
        ),
      () => this.#burst(who, isLarge),
      () => this.#rush(who),
      () => this.#ask({ type: 'post', parts: this.#parts(), parent: message, mentions: ['user:ada'] }, who),
      () => this.#ask({ type: 'post', parts: this.#parts(), edits: message }, who),
      () => this.#ask({ type: 'post', parts: this.#parts() }, writer),
      () => this.#ask({ type: 'regenerate', input: message }, who),
      () => this.#ask({ type: 'cancel', target: this.#maybe(2) ? { run } : { subtree: run } }, who),
      () => this.#ask({ type: 'steer', run, parts: this.#parts(), carry: this.#maybe(2) }, who),
      () => this.#ask({ type: this.#maybe(2) ? 'pause' : 'resume', run }, who),
      () => this.#ask({ type: 'resume', run }, who),
      () => this.#ask({ type: 'reorder', run, before: this.#maybe(3) ? null : (this.#one(queued)?.id ?? null) }, who),
      () => this.#ask({ type: 'retry', run }, who),
      () => this.#answer(who),
      () => this.#answer(who),
      () => this.#ask({ type: 'request-floor', note: 'please' }, who),
      () => this.#maybe(8) && this.#ask({ type: 'take-floor', ...(this.#maybe(2) && { force: true }) }, who),
      ...[1, 2, 3].map(() => () => this.#ask({ type: 'hand-back' }, sue)),
      () => this.#ask({ type: 'patch', patch: this.#patch() }, who),
      () => this.#ask({ type: 'select', leaf: message }, who),
      () => this.#ask({ type: 'read', seq: 1 + this.#below(view.seq) }, who),
      () => this.#ask({ type: 'redact', message, ...(this.#maybe(2) && { part: '0' }) }, sue),
      () => redaction && this.#ask({ type: 'erased', of: redaction.seq }, server),
      () => notice && this.#ask({ type: 'take-notice', id: notice.id, node: 'n1', forMs: 1_000 }, server),
      () => notice && this.#ask({ type: 'settle-notice', id: notice.id, outcome: 'sent' }, server),
      () => this.#ask({ type: 'update', metadata: { a: this.#maybe(2) ? null : 2 }, ...this.#settings() }, ada),
      () => this.#ask({ type: 'join', device: 'd1', node: 'n1' }, who),
      () => this.#ask({ type: 'leave', device: 'd1' }, who),
      ...[1, 2, 3].map(() => () => this.#ask({ type: 'tick' }, server)),
      () => this.#maybe(20) && this.#ask({ type: 'forked', from: 'other', at: 1 }, server),
      () => this.#maybe(30) && this.#ask({ type: 'compacted', floor: view.seq, gaps: [] }, server),
      () =>
        active &&
        this.#ask(
          {
            type: 'undelivered',
            run: active.id,
            attempt: active.attempt,
            error: 'no',
            ...(this.#maybe(2) && { retryMs: 5 }),
          },
          server,
        ),
      ...[1, 2, 3, 4].map(
        () => () =>
          this.#ask(
            { type: 'claim', run: this.#one(queued)?.id ?? run, worker: `w${this.#below(9)}`, leaseMs: 30_000 },
            writer,
          ),
      ),
      ...[1, 2, 3, 4, 5, 6, 7, 8].map(() => () => active && this.#write(active.id, active.attempt)),
      () => active && this.#ask({ type: 'heartbeat', run: active.id, attempt: active.attempt }, writer),
    ]
    this.#one(moves)?.()
  }

  /** So many runs that ended ones leave the view. */
  #rush(who: Grant): void {
    if (!this.#maybe(6)) return
    for (let index = 0; index < 40; index += 1) this.#ask({ type: 'regenerate', input: 'm2', policy: 'parallel' }, who)
    this.#now += 5
    this.#ask({ type: 'cancel', target: { own: true } }, who)
  }

  /** So many messages that older ones leave the view. */
  #burst(who: Grant, isLarge: boolean): void {
    if (!this.#maybe(4)) return
    const to = this.#maybe(2) ? { to: this.#one(audiences) ?? 'agents' } : {}
    const parts: readonly PartStart[] = isLarge ? [{ kind: 'text', text: 'x'.repeat(60_000) }] : this.#parts()
    for (let index = 0; index < (isLarge ? 9 : 30); index += 1) this.#ask({ type: 'post', parts, ...to }, who)
  }

  #answer(who: Grant): void {
    const request = this.#one(
      this.#state.view.requests.filter(({ status }) => status === 'open' || status === 'claimed'),
    )
    if (!request) return
    const { id, spec, claim } = request
    if (spec.kind === 'approval')
      return this.#ask(
        { type: 'answer', request: id, answer: { decision: 'deny' }, digest: sha256(canonical(spec.action)) },
        who,
      )
    if (spec.kind === 'question') return this.#ask({ type: 'answer', request: id, answer: { value: 1 } }, who)
    if (!claim) return this.#ask({ type: 'claim-request', request: id, device: 'd1' }, who)
    this.#ask(
      { type: 'answer', request: id, answer: { output: null }, device: 'd1' },
      people.find(({ actor }) => actor === claim.by) ?? who,
    )
  }

  /** Some of what is written fits, and some is refused. */
  #write(run: string, attempt: number): void {
    for (let times = this.#below(12); times >= 0; times -= 1) this.#writeOps(run, attempt, [this.#op(run)])
    if (!this.#maybe(12)) return
    // More than stays in the view.
    for (let index = 0; index < 40; index += 1) {
      const key = `x${this.#below(1_000)}`
      const spec = { kind: 'question', title: 'T', ...this.#to() } as const
      this.#writeOps(run, attempt, [
        { op: 'request', key, spec },
        { op: 'withdraw', key },
      ])
    }
  }

  #writeOps(run: string, attempt: number, ops: readonly WriteOp[]): void {
    const n = (this.#state.guard.holds[run]?.n ?? 0) + 1
    this.#ask({ type: 'write', run, attempt, n, ops }, writer)
  }

  #op(run: string): WriteOp {
    const message = this.#one(['a', 'b']) ?? 'a'
    const open = this.#state.view.messages.flatMap((owner) =>
      owner.run === run
        ? owner.parts
            .filter(({ status }) => status === 'open')
            .map((part) => [owner.id.split('.')[1] ?? '', part] as const)
        : [],
    )
    const [owner = message, part] = this.#one(open) ?? []
    const at = { message: owner, part: part?.id.split('.')[1] ?? 'p' }
    const fields =
      part?.kind === 'tool'
        ? (this.#one([{ output: [1, 'é'] }, { error: 'a "b"' }, { input: {} }]) ?? {})
        : part?.kind === 'data'
          ? { value: null }
          : {}
    const steers = this.#state.view.runs.find(({ id }) => id === run)?.steers ?? []
    const ops: readonly WriteOp[] = [
      {
        op: 'open',
        message,
        part: `p${this.#below(99)}`,
        start: this.#parts()[0] ?? { kind: 'text' },
        ...(this.#maybe(2) && { step: this.#one(['s', 't']) ?? 's' }),
        ...(this.#maybe(4) && { to: this.#one(audiences) ?? 'agents' }),
      },
      { op: 'open', message, part: `p${this.#below(99)}`, start: { kind: 'tool', name: 't', callId: 'c' }, step: 's' },
      {
        op: 'open',
        message,
        part: `p${this.#below(99)}`,
        start: { kind: 'text' },
        step: 's',
        to: this.#one(audiences) ?? 'agents',
      },
      { op: 'delta', ...at, text: this.#one(words) || 'w' },
      { op: 'delta', ...at, text: 'more ' },
      { op: 'set', ...at, fields },
      { op: 'close', ...at, fields },
      { op: 'close-message', message: owner },
      { op: 'usage', usage: { inputTokens: this.#below(90), costUsd: 0.25 } },
      { op: 'consume', message: this.#one(steers)?.message ?? 'm0', step: 's' },
      { op: 'spawn', key: `k${this.#below(3)}`, agent: this.#one(agents) ?? 'clerk', parts: this.#parts() },
      this.#request(),
      this.#request(),
      { op: 'withdraw', key: `q${this.#below(5)}` },
      {
        op: 'suspend',
        waitsFor: this.#state.view.requests
          .filter((request) => request.run === run)
          .slice(0, 2)
          .map(({ id }) => id.split('.')[1] ?? ''),
      },
      { op: 'end', reason: this.#one(['complete', 'failed']) ?? 'complete', usage: { outputTokens: 3 } },
    ]
    return this.#one(ops) ?? { op: 'usage', usage: {} }
  }

  #request(): WriteOp {
    const base = { title: 'T', ...(this.#maybe(3) && { to: this.#one(audiences) ?? 'agents' }) }
    const key = `q${this.#below(40)}`
    const specs = [
      { ...base, kind: 'approval', action: { b: 1, a: 'é' }, expiresMs: 20_000, onExpiry: 'escalate' },
      { ...base, kind: 'question' },
      { ...base, kind: 'question', expiresMs: 9_000 },
      { ...base, kind: 'tool', name: 't', claimMs: 5_000, onLapse: 'again' },
      { ...base, kind: 'tool', name: 't', claimMs: 5_000 },
    ] as const
    return { op: 'request', key, spec: this.#one(specs) ?? specs[1] }
  }

  #parts(): readonly PartStart[] {
    const starts: readonly PartStart[] = [
      { kind: 'text', text: this.#one(words) ?? '' },
      { kind: 'reasoning' },
      { kind: 'tool', name: 't', callId: 'c', input: { q: [1.5, -0.25, 'é'] } },
      { kind: 'file', url: 'https://x/é', mediaType: 'a/b', name: 'n' },
      { kind: 'source', url: 'https://x', title: 't' },
      { kind: 'data', name: 'n', value: this.#one([0, null, 'é"', [true], 12.75]) ?? null },
    ]
    return [this.#one(starts) ?? { kind: 'text' }]
  }

  #to(): { readonly to?: Audience } {
    return this.#maybe(3) ? { to: this.#one(audiences) ?? 'agents' } : {}
  }

  #patch(): Extract<CommandBody, { type: 'patch' }>['patch'] {
    const patches = [
      [{ op: 'add', path: '/list', value: [1, 2] }],
      [{ op: 'add', path: '/list/-', value: { a: null } }],
      [{ op: 'add', path: '/list/0', value: 'é' }],
      [{ op: 'remove', path: '/list/0' }],
      [{ op: 'replace', path: '/list/0', value: 7 }],
      [{ op: 'copy', from: '/list', path: '/a~1b' }],
      [{ op: 'move', from: '/a~1b', path: '/~0' }],
      [{ op: 'replace', path: '', value: {} }],
      [
        { op: 'test', path: '/list/0', value: 7 },
        { op: 'move', from: '/list/0', path: '/list/1' },
      ],
    ] as const
    return this.#one(patches) ?? patches[0]
  }

  #settings(): Partial<Extract<CommandBody, { type: 'update' }>> {
    return (
      this.#one([
        {},
        { archived: true },
        { archived: false },
        { retention: null },
        { maxAttempts: 2 },
        { budget: { tokens: 50_000 } },
        { budget: null },
      ]) ?? {}
    )
  }

  /** What is refused changes nothing, and is part of the life all the same. */
  #ask(body: Body, grant: Grant): void {
    const decision = decide(this.#state, { body, grant }, this.#now)
    if (decision.outcome !== 'accepted') return
    this.#state = decision.state
    this.#log.push(...decision.events.map((event) => roundTrip(event)))
  }

  #maybe(times: number): boolean {
    return this.#below(times) === 0
  }

  #one<T>(choices: readonly T[]): T | undefined {
    return choices[this.#below(choices.length)]
  }

  /** Pseudo-random whole numbers from 0 (mulberry32). */
  #below(limit: number): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit)
  }
}
