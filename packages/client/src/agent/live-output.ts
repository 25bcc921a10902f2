import { clientId, type Audience, type Usage, type WriteOp } from '@headrace/core'
import { PartWriter, type RunParts } from './part-writer.ts'
import { readAll } from './read-all.ts'
import { createTextBytes, type TextBytes } from './text-bytes.ts'
import type { Chunk } from '@headrace/formats'
import type { ChunkStream } from './chunk-stream.ts'
import type { Output, PipeOptions } from './run.ts'

/** What an output writes through. */
export interface OutputSink {
  readonly parts: RunParts
  readonly signal: AbortSignal
  push(op: WriteOp): void
  room(): Promise<void> | undefined
  addUsage(usage: Usage): void
}

/** Writes under one step. */
export class LiveOutput implements Output {
  readonly #sink: OutputSink
  readonly #step: string
  readonly #to: Audience | undefined
  readonly #own: PartWriter

  constructor(sink: OutputSink, step: string, to?: Audience) {
    this.#sink = sink
    this.#step = clientId.parse(step, 'step')
    this.#to = to
    this.#own = this.#writer({})
  }

  text(text: string): Promise<void> {
    return this.write({ type: 'text', text })
  }

  reasoning(text: string): Promise<void> {
    return this.write({ type: 'reasoning', text })
  }

  write(chunk: Chunk): Promise<void> {
    const written = this.#write(chunk)
    // Whoever does not wait gets no rejection that nobody handles: what can go wrong here also ends the run as failed.
    written.catch(() => undefined)
    return written
  }

  async #write(chunk: Chunk): Promise<void> {
    this.#own.write(chunk)
    await this.#sink.room()
  }

  async pipe(stream: ChunkStream, options: PipeOptions = {}): Promise<void> {
    // Streams that are piped at the same time each grow parts of their own.
    const writer = this.#writer(options)
    let bytes: TextBytes | undefined
    await readAll<string | Uint8Array | Chunk>(stream, this.#sink.signal, (item) => {
      if (item instanceof Uint8Array) writer.write({ type: 'text', text: (bytes ??= createTextBytes()).push(item) })
      else writer.write(typeof item === 'string' ? { type: 'text', text: item } : item)
      return this.#sink.room()
    })
    bytes?.end()
    // After a failure the text that was growing stays open, so that the end of the run marks it as interrupted.
    writer.finish()
  }

  /** Closes what is still growing here. */
  finish(): void {
    this.#own.finish()
  }

  #writer({ step, message, to = this.#to }: PipeOptions): PartWriter {
    const place = {
      ...(to !== undefined && { to }),
      step: step === undefined ? this.#step : clientId.parse(step, 'step'),
      message: clientId.parse(message ?? 'answer', 'message'),
    }
    const { parts } = this.#sink
    return new PartWriter({
      parts,
      place,
      push: (op) => this.#sink.push(op),
      onUsage: (usage) => this.#sink.addUsage(usage),
    })
  }
}
