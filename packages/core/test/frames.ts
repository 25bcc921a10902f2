import type { CommandBody, Up } from '../src/index.ts'

/** One valid body for each shape that a command can have. */
export const bodies: readonly CommandBody[] = [
  { type: 'create' },
  {
    type: 'create',
    metadata: { title: 'T', tags: ['a', { b: null }] },
    agent: 'coder',
    policy: 'reject',
    maxAttempts: 5,
  },
  { type: 'update', metadata: { title: null } },
  { type: 'send', parts: [{ kind: 'text', text: 'hi' }] },
  {
    type: 'send',
    agent: 'coder',
    policy: 'interrupt',
    parent: 'm2',
    edits: 'm4',
    parts: [
      { kind: 'text' },
      {
        kind: 'reasoning',
        text: 'hm',
      },
      {
        kind: 'tool',
        name: 'search',
        callId: 'c1',
        input: { q: 1 },
      },
      {
        kind: 'file',
        url: 'https://x/y',
        mediaType: 'text/plain',
        name: 'y',
      },
      {
        kind: 'source',
        url: 'https://x',
        title: 'X',
      },
      {
        kind: 'data',
        name: 'form',
        value: [null, 1, 'two', true],
      },
    ],
  },
  { type: 'post', parts: [{ kind: 'text', text: 'note' }], parent: 'r3.a' },
  { type: 'regenerate', input: 'm2', agent: 'coder', policy: 'parallel' },
  { type: 'cancel', target: { run: 'r3' } },
  { type: 'cancel', target: { agent: 'coder' } },
  { type: 'cancel', target: { all: true } },
  { type: 'cancel', target: { own: true } },
  { type: 'claim', run: 'r3', worker: 'w1', leaseMs: 5_000 },
  { type: 'heartbeat', run: 'r3', attempt: 1 },
  {
    type: 'write',
    run: 'r3',
    attempt: 1,
    n: 1,
    ops: [
      {
        op: 'open',
        message: 'a',
        part: 'p',
        step: 's',
        start: {
          kind: 'tool',
          name: 't',
          callId: 'c',
        },
      },
      {
        op: 'delta',
        message: 'a',
        part: 'p',
        text: '{',
      },
      {
        op: 'set',
        message: 'a',
        part: 'p',
        fields: {
          input: {},
          output: 0,
          error: '',
          value: false,
        },
      },
      {
        op: 'close',
        message: 'a',
        part: 'p',
        fields: { output: null },
      },
      {
        op: 'close-message',
        message: 'a',
      },
      {
        op: 'end',
        reason: 'complete',
        detail: 'done',
        usage: {
          inputTokens: 1,
          outputTokens: 2,
          cachedTokens: 3,
          costUsd: 0.5,
        },
      },
    ],
  },
]

/** One valid frame for each shape that a client may send. */
export const frames: readonly Up[] = [
  { type: 'hello', token: 't', client: 'test/1' },
  { type: 'hello', ticket: 't' },
  { type: 'auth', token: 't' },
  { type: 'subscribe', session: 'a/b', after: 0, device: 'tab-1', label: 'Chrome' },
  { type: 'subscribe', session: 'a/b' },
  { type: 'unsubscribe', session: 'a/b' },
  {
    type: 'work',
    agent: 'coder',
    worker: 'w1',
    capacity: 0,
    leaseMs: 5_000,
    held: [{ session: 's', run: 'r3', attempt: 1 }],
  },
  { type: 'ping' },
  ...bodies.map((body, index): Up => ({ type: 'command', id: `c${index}`, session: 's', body })),
]
