import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { hash as nodeHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  chainStart,
  leafOf,
  linkAfter,
  verifyExport,
  type ExportEnd,
  type Reader,
  type SessionEvent,
  type Verification,
} from '@headrace/core'
import { ada, key, openHub, text, type TestHub } from './support/hub.ts'
import { openDoor } from './support/http.ts'
import { beats, bob, play, sue } from './support/story.ts'

const sha256 = (value: string): string => nodeHash('sha256', value)

async function linesOf(server: TestHub, reader: Reader = sue): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const page of await server.hub.history.export(key, reader)) lines.push(...page)
  return lines
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

function verify(lines: readonly string[]): Promise<Verification> {
  return verifyExport(each(lines), sha256)
}

/** A session that had everything done to it: compacted, copied, redacted. */
async function written(
  server: TestHub,
  story: Parameters<typeof play>[1],
  { isCompacted, isRedacted }: { readonly isCompacted: boolean; readonly isRedacted: boolean },
): Promise<void> {
  await play(server, story)
  if (isRedacted) {
    const { messages } = (await server.hub.room(key)).state.view
    for (const { id } of messages.filter((_, index) => index % 2 === 0))
      await server.ask({ type: 'redact', message: id })
    await server.clock.advance(0)
  }
  if (isCompacted) {
    await server.hub.history.compact(key, server.clock.now() - 1_000)
    await server.hub.history.compact(key, server.clock.now())
  }
  await server.ask({ type: 'post', parts: text('the last word') })
}

const lives = fc.record({ story: beats, isCompacted: fc.boolean(), isRedacted: fc.boolean() })

describe('an export', () => {
  test('S5g what is exported can be verified, whoever reads it and whatever was done to the session', async () => {
    await fc.assert(
      fc.asyncProperty(lives, async ({ story, ...done }) => {
        await using server = openHub()
        await written(server, story, done)
        const { head } = await server.hub.room(key)
        const links = new Set<string>()
        for (const reader of [sue, ada, bob]) {
          const lines = await linesOf(server, reader)
          const result = await verify(lines)
          expect(result).toMatchObject({ ok: true, report: { session: 'demo/1', reader: reader.actor, head } })
          if (result.ok) links.add(result.report.link)
        }
        // The chain is the same for everybody, whatever they see.
        expect(links.size).toBe(1)
      }),
      { numRuns: 30 },
    )
  })

  test('S5g compaction does not change the chain', async () => {
    await fc.assert(
      fc.asyncProperty(beats, async (story) => {
        await using server = openHub()
        await play(server, story)
        let link = chainStart
        for (const json of await server.store.read(key, 0, { maxEvents: 1e6, maxChars: 1e9 }))
          link = linkAfter(link, leafOf(json, JSON.parse(json) as SessionEvent, sha256), sha256)
        const before = await verify(await linesOf(server))
        expect(before).toMatchObject({ ok: true, report: { link, dropped: 0 } })
        const { dropped } = await server.hub.history.compact(key, server.clock.now())
        const after = await verify(await linesOf(server))
        expect(after).toMatchObject({ ok: true })
        expect(after).toMatchObject({ report: { dropped } })
        if (dropped === 0 || !before.ok || !after.ok) return
        const [last] = await server.store.read(key, before.report.head, { maxEvents: 1, maxChars: 1 })
        expect(after.report.link).toBe(linkAfter(link, sha256(last ?? ''), sha256))
      }),
      { numRuns: 20 },
    )
  })

  test('S5g any change of an export is found', async () => {
    await fc.assert(
      fc.asyncProperty(
        lives,
        fc.array(fc.record({ how: fc.nat(6), at: fc.nat(), by: fc.nat() }), { minLength: 40, maxLength: 40 }),
        async ({ story, ...done }, changes) => {
          await using server = openHub()
          await written(server, story, done)
          const lines = await linesOf(server)
          for (const change of changes) {
            const changed = mutate(lines, change)
            if (changed.join('\n') === lines.join('\n')) continue
            const result = await verify(changed)
            if (result.ok) expect(`${JSON.stringify(change)} was not found`).toBe('')
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('S5g a change is found by the chain also where the counts and the digest were made anew', async () => {
    await using server = openHub()
    await written(server, [], { isCompacted: false, isRedacted: false })
    const lines = await linesOf(server)
    expect(await verify(resealed(lines))).toMatchObject({ ok: true })
    // The core's own hash says the same.
    expect(await verifyExport(each(lines))).toEqual(await verify(lines))
    const forged = lines.map((line) => line.replace('the last word', 'the last lie'))
    expect(await verify(resealed(forged))).toMatchObject({ ok: false, fault: expect.stringContaining('link') })
    // A redaction that nobody asked for.
    const gone = lines.map((line) => {
      if (!line.includes('the last word')) return line
      return JSON.stringify({ ...(JSON.parse(line) as object), was: sha256(line) }).replace(
        'the last word',
        '█'.repeat(13),
      )
    })
    expect(await verify(resealed(gone))).toMatchObject({
      ok: false,
      fault: expect.stringContaining('no event says so'),
    })
    // Events that were cut out, with a gap that no compaction made.
    const cut = JSON.stringify({
      gap: { first: 1, last: 1, before: chainStart, after: linkAfter(chainStart, sha256(lines[1] ?? ''), sha256) },
    })
    expect(await verify(resealed(lines.with(1, cut)))).toMatchObject({ ok: false })
  })

  test('S5g what is no export is refused with what is wrong and where', async () => {
    await using server = openHub()
    await written(server, [], { isCompacted: false, isRedacted: false })
    const lines = await linesOf(server)
    expect(await verify([])).toEqual({ ok: false, line: 0, fault: 'It is empty.' })
    expect(await verify(['nonsense'])).toMatchObject({ ok: false, line: 1, fault: 'This line is not JSON.' })
    expect(await verify(['[]'])).toMatchObject({ ok: false, line: 1 })
    expect(await verify(['{"view":null}'])).toMatchObject({ ok: false, line: 1 })
    expect(await verify([lines[0] ?? '', '{"message":{}}'])).toMatchObject({ ok: false, line: 2 })
    expect(await verify([lines[0] ?? '', '{"seq":1,"at":1,"type":"log.compacted"}'])).toMatchObject({ ok: false })
    expect(await verify(lines.slice(1))).toMatchObject({ ok: false, line: 1 })
    expect(await verify(lines.slice(0, -1))).toMatchObject({
      ok: false,
      line: 0,
      fault: expect.stringContaining('not whole'),
    })
    expect(await verify([...lines, lines[1] ?? ''])).toMatchObject({ ok: false, line: lines.length + 1 })
    expect(await verify(lines.with(0, (lines[0] ?? '').replace('"version":1', '"version":2')))).toMatchObject({
      ok: false,
      fault: 'The format is 2; this can check 1.',
    })
  })

  test('S5g on HTTP it comes as lines, for who may read, no faster than they take it', async () => {
    await using door = await openDoor({ limits: { stallMs: 1_000 } })
    await door.ask('POST /v1/sessions', { json: { id: 's' } })
    const words = 'many words '.repeat(20_000)
    for (let index = 0; index < 40; index += 1)
      await door.ask('POST /v1/sessions/s/commands', { json: { body: { type: 'post', parts: text(words) } } })
    const answer = await door.ask('GET /v1/sessions/s/export')
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-ndjson; charset=utf-8' } })
    expect(await verify(answer.text.trimEnd().split('\n'))).toMatchObject({ ok: true, report: { events: 41 } })
    const none = await door.mint({ cap: [{ s: 'other', op: ['read'] }] })
    expect(await door.ask('GET /v1/sessions/s/export', { token: none })).toMatchObject({ status: 403 })
    expect(await door.ask('GET /v1/sessions/nobody/export')).toMatchObject({ status: 404 })
    expect(await door.ask('HEAD /v1/sessions/s/export')).toMatchObject({ status: 200, text: '' })

    // Whoever takes nothing is cut off, and does not take half of it for the whole.
    const headers = { Authorization: `Bearer ${door.token}` }
    const path = '/v1/sessions/s/export'
    const request = httpRequest({ port: door.port, host: '127.0.0.1', path, agent: false, headers })
    request.on('error', () => undefined)
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage] // the argument of that event
    response.on('error', () => undefined)
    const before = door.logs.length
    while (door.logs.length === before) await door.clock.advance(1_000)
    let received = 0
    response.on('data', (chunk: Buffer) => (received += chunk.length))
    await new Promise((resolve) => response.once('close', resolve))
    expect(received).toBeLessThan(answer.text.length)
    expect(response.complete).toBe(false)
    expect(door.errors).toEqual([])
  })
})

interface Change {
  readonly how: number
  readonly at: number
  readonly by: number
}

function mutate(lines: readonly string[], { how, at, by }: Change): readonly string[] {
  const index = at % lines.length
  const line = lines[index] ?? ''
  const other = by % lines.length
  const place = by % Math.max(1, line.length)
  switch (how) {
    case 0:
      return lines.toSpliced(index, 1)
    case 1:
      return lines.toSpliced(index, 0, lines[other] ?? '')
    case 2:
      return lines.with(index, lines[other] ?? '').with(other, line)
    case 3:
      return lines.with(index, `${line.slice(0, place)}${line.slice(place + 1)}`)
    case 4:
      return lines.with(index, `${line.slice(0, place)}${line[place] === '1' ? '2' : '1'}${line.slice(place + 1)}`)
    case 5:
      return lines.with(index, `${line.slice(0, place)} ${line.slice(place)}`)
    default:
      return lines.slice(0, index)
  }
}

/** The lines with an end that fits them but for the link: as somebody leaves them who does not know how to make a chain. */
function resealed(lines: readonly string[]): readonly string[] {
  const body = lines.slice(0, -1)
  const { end } = JSON.parse(lines.at(-1) ?? '') as { readonly end: ExportEnd }
  const digest = body.reduce((before, line) => linkAfter(before, sha256(line), sha256), chainStart)
  const events = body.flatMap((line) => {
    const value = JSON.parse(line) as Partial<SessionEvent>
    return value.seq === undefined ? [] : [value]
  })
  const gaps = body.length - events.length - 1
  const redacted = events.filter(({ was }) => was !== undefined).length
  return [...body, JSON.stringify({ end: { ...end, events: events.length, redacted, dropped: gaps, digest } })]
}
