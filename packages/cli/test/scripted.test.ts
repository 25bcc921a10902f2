import { describe, expect, test } from 'vitest'
import type { Chunk } from '@headrace/client/agent'
import { chooseTopic, topics, writeScript } from '../src/demo/scripted/choose.ts'
import { searchDocs } from '../src/demo/scripted/docs.ts'
import { play } from '../src/demo/scripted/play.ts'
import { seededRandom } from '../src/demo/scripted/random.ts'
import { toTokens } from '../src/demo/scripted/tokens.ts'
import { fallback } from '../src/demo/scripted/topics/fallback.ts'

async function perform(voice: 'writer' | 'critic', question: string): Promise<{ chunks: Chunk[]; waits: number[] }> {
  const waits: number[] = []
  const chunks: Chunk[] = []
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms)
    return Promise.resolve()
  }
  for await (const chunk of play(writeScript(voice, question), { random: seededRandom(question), sleep }))
    chunks.push(chunk)
  return { chunks, waits }
}

describe('scripts of the demo', () => {
  test.each([
    ['What is a durable session?', 'session'],
    ['Writer, what is a durable session, and why would I want one?', 'session'],
    ['What happens if my connection drops in the middle?', 'disconnect'],
    ['I refresh the page, what is lost?', 'disconnect'],
    ['Can I open it on my phone and in two tabs?', 'tabs'],
    ['Can several agents work in parallel?', 'parallel'],
    ['How do I stop you?', 'stop'],
    ['Can a colleague join?', 'people'],
    ['What if the worker dies or the server is restarted?', 'crash'],
    ['Show me the code with curl or React', 'build'],
    ['Best recipe for bread?', 'fallback'],
  ])('"%s" is about %s', (question, topic) => {
    expect(chooseTopic(question).id).toBe(topic)
  })

  test.each([...topics, fallback])('$id: the writer says 150 to 400 words, the critic fewer', ({ writer, critic }) => {
    const count = (text: string): number => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
    expect(count(writer)).toBeGreaterThanOrEqual(150)
    expect(count(writer)).toBeLessThanOrEqual(400)
    expect(count(critic)).toBeLessThan(count(writer) / 2)
    expect(count(critic)).toBeGreaterThan(20)
  })

  test('the same question gives the same stream, another one another', async () => {
    const first = await perform('writer', 'What is a session?')
    expect(await perform('writer', 'What is a session?')).toEqual(first)
    expect(await perform('writer', 'What if the agent dies?')).not.toEqual(first)
    expect(await perform('critic', 'What is a session?')).not.toEqual(first)
  })

  test('an unknown question is quoted as plain text', () => {
    const text = writeScript('writer', 'Tell me **about** `bread` $& [x](y)\n\nplease').at(-1)
    expect(text).toMatchObject({ type: 'text', text: expect.stringContaining('*Tell me about bread $& x(y) please*') })
  })

  test('thinks, looks something up with streamed input, then answers and says what it used', async () => {
    const { chunks } = await perform('writer', 'What happens on a disconnect?')
    const kinds = chunks.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])
    expect(kinds).toEqual(['reasoning', 'tool-input', 'tool-call', 'tool-result', 'text', 'usage'])
    const input = chunks.map((chunk) => (chunk.type === 'tool-input' ? chunk.text : '')).join('')
    expect(chunks.find(({ type }) => type === 'tool-call')).toMatchObject({ input: JSON.parse(input) })
    const results = searchDocs('resume after a disconnect')['results']
    expect(results).toHaveLength(3)
  })

  test.each([...topics, fallback])('$id: each works long enough for a person to stop one of two', async ({ id }) => {
    const question = id === 'fallback' ? 'Best recipe for bread?' : id
    for (const voice of ['writer', 'critic'] as const) {
      const { waits } = await perform(voice, question)
      expect(
        waits.reduce((sum, ms) => sum + ms, 0),
        voice,
      ).toBeGreaterThan(4_000)
    }
  })

  test.each(['writer', 'critic'] as const)('the %s speaks 40 to 60 tokens per second', async (voice) => {
    const { chunks, waits } = await perform(voice, 'What is a durable session?')
    const text = chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('')
    expect(text).toBe(writeScript(voice, 'What is a durable session?').at(-1)?.type === 'text' ? text : '')
    const spoken = waits.slice(-toTokens(text).length)
    const seconds = spoken.reduce((sum, ms) => sum + ms, 0) / 1_000
    expect(spoken.length / seconds).toBeGreaterThan(40)
    expect(spoken.length / seconds).toBeLessThan(60)
    expect(new Set(spoken).size).toBeGreaterThan(10)
  })

  test('tokens joined are the text', () => {
    for (const { writer, critic, thinking } of [...topics, fallback]) {
      for (const text of [writer, critic, thinking]) expect(toTokens(text).join('')).toBe(text)
    }
  })
})
