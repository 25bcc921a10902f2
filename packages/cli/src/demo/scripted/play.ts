import type { Chunk } from '@headrace/client/agent'
import type { Scene, Script } from './script.ts'
import { toTokens } from './tokens.ts'

export interface PlayOptions {
  /** Numbers in [0, 1) for the jitter. */
  readonly random: () => number
  /** Waits so many milliseconds; rejects when the run is to stop. */
  readonly sleep: (ms: number) => Promise<void>
  /** How many times as fast as a model. Default 1. */
  readonly speed?: number
}

type Pace = Pick<PlayOptions, 'random' | 'sleep'>

/** Tokens per second, as a mid-sized model has them; thinking comes a little faster. */
const textRate = 50
const reasoningRate = 60
const toolInputRate = 60
/** Time to the first token. */
const thinkMs = 350

/**
 * Streams a script as a model would: thinking first, tool calls with their input piece by piece, then text, at 40 to 60
 * tokens per second with a little jitter.
 */
export async function* play(script: Script, { random, sleep, speed = 1 }: PlayOptions): AsyncGenerator<Chunk> {
  const options: Pace = { random, sleep: (ms) => sleep(ms / speed) }
  let tokens = 0
  await options.sleep(thinkMs)
  for (const [index, scene] of script.entries()) {
    for await (const chunk of playScene(scene, `call-${index + 1}`, options)) {
      if (chunk.type === 'text' || chunk.type === 'reasoning') tokens += 1
      yield chunk
    }
  }
  yield { type: 'usage', usage: { outputTokens: tokens } }
}

async function* playScene(scene: Scene, callId: string, options: Pace): AsyncGenerator<Chunk> {
  switch (scene.type) {
    case 'text':
      for await (const text of paced(scene.text, textRate, options)) yield { type: 'text', text }
      return
    case 'reasoning':
      for await (const text of paced(scene.text, reasoningRate, options)) yield { type: 'reasoning', text }
      return
    case 'tool': {
      const { name, input, output } = scene
      for await (const text of paced(JSON.stringify(input), toolInputRate, options))
        yield { type: 'tool-input', callId, name, text }
      yield { type: 'tool-call', callId, name, input }
      await options.sleep(scene.takesMs)
      yield { type: 'tool-result', callId, output }
      return
    }
    default:
      return scene satisfies never
  }
}

async function* paced(text: string, perSecond: number, { random, sleep }: Pace): AsyncGenerator<string> {
  for (const token of toTokens(text)) {
    await sleep((1_000 / perSecond) * (0.7 + 0.6 * random()))
    yield token
  }
}
