import { deltaText, type Shape } from './transcript.ts'

/** The messages of a session as an application without a session layer would log them: AI SDK chunks. */
export function chunks(shape: Shape): readonly string[] {
  const records: string[] = []
  for (let turn = 0; turn < shape.answers; turn += 1) {
    const id = `msg_${turn}`
    records.push(JSON.stringify({ type: 'user-message', id: `user_${turn}`, text: 'Go on, please.' }))
    records.push(JSON.stringify({ type: 'text-start', id }))
    for (let index = 0; index < shape.deltas; index += 1) {
      records.push(JSON.stringify({ type: 'text-delta', id, delta: deltaText(index) }))
    }
    records.push(JSON.stringify({ type: 'text-end', id }))
  }
  return records
}

interface Chunk {
  readonly type: string
  readonly id: string
  readonly text?: string
  readonly delta?: string
}

/** Messages out of chunks, as a reader must do it that gets the log and nothing else. */
export class ChunkFold {
  readonly #texts = new Map<string, string>()
  #last = ''

  add(chunk: Chunk): void {
    this.#last = chunk.id
    this.#texts.set(chunk.id, (this.#texts.get(chunk.id) ?? '') + (chunk.delta ?? chunk.text ?? ''))
  }

  get shown(): { messages: number; lastText: string } {
    return { messages: this.#texts.size, lastText: this.#texts.get(this.#last) ?? '' }
  }
}
