import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  commandBody,
  commandRequest,
  decide,
  defaultSessionLimits,
  emptyState,
  emptyView,
  errorTable,
  eventTypes,
  foldView,
  hot,
  lease,
  sessionSettings,
  subprotocol,
  up,
  verbs,
  type CommandBody,
  type CommandType,
  type Down,
  type EventType,
  type Json,
  type RunSignal,
  type SessionEvent,
  type SessionView,
  type Up,
  type WriteOp,
} from '../src/index.ts'
import { schemaFault } from '../src/answer-schema.ts'
import { replay } from './docs-replay.ts'
import { grantOf } from './support.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const protocol = await readFile(path.join(root, 'PROTOCOL.md'), 'utf8')

/** A JSON example: what stands after ```json, its text, and the section it is in. */
interface Example {
  readonly tag: string
  readonly who: string | undefined
  readonly text: string
  readonly section: string
}

const examples: readonly Example[] = protocol.split(/^## /m).flatMap((section) => {
  const title = section.slice(0, section.indexOf('\n'))
  return [...section.matchAll(/^```json(?: (\S+))?(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, tag = '', who, text = '']): Example => ({ tag, who, text, section: title }),
  )
})
const tagged = (tag: string): readonly Example[] => examples.filter((example) => example.tag === tag)
const parsed = (tag: string): readonly unknown[] => tagged(tag).map((example): unknown => JSON.parse(example.text))

/** What each tag promises, as a type of core. */
const types: Readonly<Record<string, string>> = {
  up: 'core.Up',
  down: 'core.Down',
  body: 'core.CommandBody',
  event: 'core.SessionEvent',
  log: 'core.SessionEvent[]',
  view: 'core.SessionView',
  request: 'core.CommandRequest',
  outcome: 'core.Outcome',
  error: 'core.WireError',
  problem: '{ error: core.WireError }',
  page: '{ events: (core.SessionEvent | core.HiddenEvent)[]; head: number }',
  messages: '{ messages: core.Message[]; more: boolean }',
  list: 'core.ListPage',
  assignment: "Omit<Extract<core.Down, { type: 'assign' }>, 'type'>",
  claim: '{ worker: string; leaseMs?: number; waitMs?: number }',
  revocation:
    '{ reason?: string } & ({ token: string; expiresAt?: number } | { actor: core.Actor; issuedBefore?: number } | { all: true; issuedBefore?: number })',
  'http-agent':
    '{ url: string; format: string; headers?: Record<string, string>; secrets?: string[]; body?: core.JsonObject; retry?: "never" | "on-loss"; capacity?: number; leaseMs?: number; firstByteMs?: number; idleMs?: number; totalMs?: number; maxBytes?: number }',
  'shown-http-agent':
    '{ agent: string; url: string; format: string; headers: string[]; signed: boolean; body?: core.JsonObject; retry?: "never" | "on-loss" }',
  share: '{ ttlSeconds?: number; name?: string }',
  claims:
    '{ sub: string; kind?: core.ActorKind; name?: string; ten?: string; cap: { s: string; op: core.Verb[] }[]; agents?: string[] }',
}

// Records, so that the compiler asks for a new one here.
const commandTypes: Record<CommandType, true> = {
  create: true,
  update: true,
  send: true,
  post: true,
  regenerate: true,
  cancel: true,
  steer: true,
  pause: true,
  resume: true,
  reorder: true,
  retry: true,
  'claim-request': true,
  answer: true,
  'request-floor': true,
  'take-floor': true,
  'hand-back': true,
  patch: true,
  select: true,
  read: true,
  redact: true,
  claim: true,
  heartbeat: true,
  write: true,
}
const upTypes: Record<Up['type'], true> = {
  hello: true,
  auth: true,
  subscribe: true,
  unsubscribe: true,
  command: true,
  work: true,
  ephemeral: true,
  ping: true,
}
const downTypes: Record<Down['type'], true> = {
  welcome: true,
  snapshot: true,
  subscribed: true,
  events: true,
  reply: true,
  assign: true,
  signal: true,
  ephemeral: true,
  unsubscribed: true,
  error: true,
  bye: true,
  pong: true,
}

const writeOps: Record<WriteOp['op'], true> = {
  open: true,
  delta: true,
  set: true,
  close: true,
  'close-message': true,
  usage: true,
  request: true,
  withdraw: true,
  consume: true,
  spawn: true,
  suspend: true,
  end: true,
}
const signals: Record<RunSignal['signal'], true> = {
  cancel: true,
  lost: true,
  paused: true,
  resumed: true,
  steered: true,
  answered: true,
  child: true,
  budget: true,
}
/** Events that no log of one session can have beside the others: what comes before them is not as it was. */
const apart: readonly EventType[] = ['session.forked', 'log.compacted', 'notice.taken']

/** The cells of the rows of all tables of a section, without backticks. */
function rowsIn(title: string): readonly (readonly string[])[] {
  const [section = ''] = protocol.split(`\n## ${title}\n`)[1]?.split('\n## ') ?? []
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}
/** The row of a thing; one row can be about several. */
function rowIn(title: string, name: string): readonly string[] | undefined {
  return rowsIn(title).find(([first = '']) => first.split(', ').includes(name))
}
const log = parsed('log').flat() as readonly SessionEvent[] // a test checks their types
const typeOf = (value: unknown): string => (value as { type: string }).type // examples of messages that have one

describe('W4: PROTOCOL.md says what the code does', () => {
  test('every JSON example has a known tag and is JSON', () => {
    for (const { tag, text, section } of examples) {
      expect(Object.keys(types), `a block in "${section}"`).toContain(tag)
      expect(() => JSON.parse(text) as unknown, text).not.toThrow()
    }
    expect(examples.length).toBeGreaterThan(60)
  })

  test('every example fits its type', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'headrace-docs-'))
    const lines = examples.map(({ tag, text }, index) => `export const example${index}: ${types[tag]} = ${text}`)
    const entry = JSON.stringify(path.join(root, 'packages/core/src/index.ts'))
    await writeFile(path.join(folder, 'examples.mts'), `import type * as core from ${entry}\n${lines.join('\n')}`)
    const config = {
      extends: path.join(root, 'packages/core/tsconfig.json'),
      compilerOptions: {
        composite: false,
        declaration: true,
        noEmit: true,
        rootDir: '/',
        isolatedDeclarations: false,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
      },
      include: ['examples.mts'],
    }
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
    const output = await tsc(folder)
    await rm(folder, { recursive: true })
    expect(output).toBe('')
  })

  test('what a client sends passes the checks of the server', () => {
    for (const frame of parsed('up')) expect(up.parse(frame)).toEqual(frame)
    for (const body of parsed('body')) expect(commandBody.parse(body)).toEqual(body)
    for (const request of parsed('request')) expect(commandRequest.parse(request)).toEqual(request)
  })

  test.each(eventTypes)('the event %s has a row and an example', (type) => {
    expect(rowIn('Events', type)).toHaveLength(4)
    expect([...log, ...parsed('event')].map((event) => typeOf(event))).toContain(type)
  })

  test('the row of an event names the fields that its examples have, and those that are always there', () => {
    for (const { type, data } of [...log, ...(parsed('event') as readonly SessionEvent[])]) {
      const cell = rowIn('Events', type)?.[1] ?? ''
      if (cell.includes('settings')) continue // theirs have a table, which another test looks at
      const named = cell === 'nothing' ? [] : cell.split(' ')
      expect(
        named.map((name) => name.replace('?', '')),
        type,
      ).toEqual(expect.arrayContaining(Object.keys(data)))
      expect(Object.keys(data), type).toEqual(expect.arrayContaining(named.filter((name) => !name.endsWith('?'))))
    }
  })

  test('no row and no example has an event that there is not', () => {
    const named = rowsIn('Events').flatMap(([first = '']) => (/^[a-z]+\.[a-z-]+$/.test(first) ? [first] : []))
    expect(named.sort()).toEqual([...eventTypes].sort())
    expect(parsed('event').map(typeOf).sort()).toEqual([...apart].sort())
  })

  test('the events are one log, and its fold is the view', () => {
    expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1))
    const [view] = parsed('view') as readonly SessionView[] // a test checks their types
    expect(log.reduce(foldView, emptyView('team-a/plan'))).toEqual(view)
  })

  test('every command and every frame has an example', () => {
    const frames = parsed('up') as readonly Up[] // checked above
    const inFrames = frames.flatMap((frame) => (frame.type === 'command' ? [frame.body] : []))
    const commands = new Set([...parsed('body'), ...inFrames].map((body) => typeOf(body)))
    expect([...commands].sort()).toEqual(Object.keys(commandTypes).sort())
    expect([...new Set(frames.map((frame) => frame.type))].sort()).toEqual(Object.keys(upTypes).sort())
    expect([...new Set(parsed('down').map((frame) => typeOf(frame)))].sort()).toEqual(Object.keys(downTypes).sort())
  })

  test('every operation of a write, and every signal, has a row and an example', () => {
    const written = (parsed('body') as readonly CommandBody[]).flatMap((body) =>
      body.type === 'write' ? body.ops : [],
    )
    expect([...new Set(written.map(({ op }) => op))].sort()).toEqual(Object.keys(writeOps).sort())
    const sent = (parsed('down') as readonly Down[]).flatMap((frame) => (frame.type === 'signal' ? [frame.signal] : []))
    expect([...new Set(sent)].sort()).toEqual(Object.keys(signals).sort())
    for (const name of [...Object.keys(writeOps), ...Object.keys(signals)])
      expect(rowIn('Working as an agent', name), name).toBeDefined()
  })

  test('the row of a command names its verb and its fields', () => {
    const schemas = commandBody.json['oneOf'] as unknown as readonly CommandSchema[] // one for each command
    for (const [type, fields] of schemas.map((schema) => fieldsOf(schema))) {
      const row = rowIn('Commands', type)
      if (!fields.includes('metadata?')) expect(row?.[2]?.split(' ') ?? [], type).toEqual(fields)
    }
    for (const verb of verbs) expect(rowIn('Identity', verb), verb).toBeDefined()
    const inFrames = (parsed('up') as readonly Up[]).flatMap((frame) => (frame.type === 'command' ? [frame.body] : []))
    for (const body of [...(parsed('body') as readonly CommandBody[]), ...inFrames])
      expect(rowIn('Commands', body.type)?.[1]?.split(/[ ,]+/), body.type).toContain(verbFor(body))
  })

  test('the settings are those that can be given', () => {
    const table = rowsIn('Commands').find(([first]) => first === 'setting')
    expect(table).toBeDefined()
    for (const name of Object.keys(sessionSettings.json['properties'] ?? {}))
      expect(rowIn('Commands', name), name).toBeDefined()
  })

  test('the keywords that the schema of a question may have are those of the code', () => {
    const [, known = ''] = /known are (.*)$/.exec(schemaFault({ pattern: '' }) ?? '') ?? []
    const text = protocol.split('these keywords of JSON Schema')[1]?.split('**Tools.**')[0] ?? ''
    const named = [...text.matchAll(/`([$A-Za-z]+)`/g)].map(([, name]) => name)
    expect(new Set(named)).toEqual(new Set(known.split(', ')))
  })

  test('the worked example is what happens', () => {
    replay(examples.filter(({ section }) => section === 'A worked example'))
  })

  test('the error table is that of the code', () => {
    const printed = rowsIn('Errors').slice(2)
    const real = Object.entries(errorTable).map(([code, row]) => [
      code,
      String(row.status),
      String(row.close),
      row.retry,
      row.meaning,
    ])
    expect(printed).toEqual(real)
  })

  test('limits and numbers are those of the code', () => {
    for (const [name, value] of Object.entries(defaultSessionLimits))
      expect(rowIn('Limits', name)?.[1], name).toBe(String(value))
    const numbers = [...Object.values(hot), ...Object.values(lease)]
    for (const number of numbers) expect(protocol).toContain(number.toLocaleString('en-US'))
    expect(protocol).toContain(subprotocol)
  })

  test('links inside the page lead somewhere', () => {
    const anchors = [...protocol.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const [, anchor] of protocol.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor)
  })
})

interface CommandSchema {
  readonly properties: Readonly<Record<string, Json>> & { readonly type: { readonly const: CommandType } }
  readonly required: readonly string[]
}

/** The verb that somebody without any is told to be missing. */
function verbFor(body: CommandBody): unknown {
  const grant = grantOf('user:nobody', { capabilities: [] })
  const decision = decide(emptyState('a'), { grant, body }, 0)
  return decision.outcome === 'refused' ? decision.error.detail?.['verb'] : decision.outcome
}

/** The type of a command, and its fields as the table has them. */
function fieldsOf({ properties, required }: CommandSchema): readonly [CommandType, readonly string[]] {
  const fields = Object.keys(properties).filter((name) => name !== 'type')
  return [properties.type.const, fields.map((name) => (required.includes(name) ? name : `${name}?`))]
}

function tsc(folder: string): Promise<string> {
  const file = path.join(root, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [file, '-p', folder, '--pretty', 'false'], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}
