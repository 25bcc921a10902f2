import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ExportWriter, chainStart, leafOf, linkAfter, type SessionEvent } from '@headrace/core'
import { folder, headrace } from './support/headrace.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const events: readonly SessionEvent[] = [
  { seq: 1, at: 1, type: 'session.created', actor: 'user:ada', data: {} },
  {
    seq: 2,
    at: 2,
    type: 'message.added',
    actor: 'user:ada',
    data: { id: 'm2', parent: null, role: 'user', parts: [{ kind: 'text', text: 'The truth.' }] },
  },
]

/** An export as a server writes it. */
function exported(): { readonly text: string; readonly link: string } {
  const writer = new ExportWriter(sha256)
  const lines = [writer.header({ session: 'a', origin: 0, floor: 0, reader: 'user:ada' })]
  let link = chainStart
  for (const event of events) {
    const json = JSON.stringify(event)
    lines.push(writer.event(event, json))
    link = linkAfter(link, leafOf(json, event, sha256), sha256)
  }
  return { text: `${[...lines, writer.end(link)].join('\n')}\n`, link }
}

describe('headrace verify', () => {
  test('S5g says what was found, from a file and from standard input', async () => {
    await using data = await folder()
    const file = path.join(data.path, 'a.jsonl')
    const { text, link } = exported()
    await writeFile(file, text)
    expect(await headrace(['verify', file])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        new RegExp(`^ok  a, as user:ada may see it\n    2 events, 1 to 2: [^]*last link ${link}\n`),
      ),
    })
    const piped = await headrace(['verify', '-', '--json', '--link', link], { input: text })
    expect(piped.code).toBe(0)
    expect(JSON.parse(piped.stdout)).toMatchObject({ session: 'a', head: 2, events: 2, link })
  })

  test('S5g says what is wrong and where, and fails', async () => {
    await using data = await folder()
    const file = path.join(data.path, 'a.jsonl')
    const { text } = exported()
    await writeFile(file, text.replace('The truth.', 'The untruth.'))
    expect(await headrace(['verify', file])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/line 4: The last line says link/),
    })
    await writeFile(file, text)
    expect(await headrace(['verify', file, '--link', '0'.repeat(64)])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('It is another one.'),
    })
    expect(await headrace(['verify', path.join(data.path, 'none.jsonl')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("can't be read"),
    })
    await writeFile(file, '')
    expect(await headrace(['verify', file])).toMatchObject({ code: 1, stderr: expect.stringContaining('It is empty.') })
  })
})
