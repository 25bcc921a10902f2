import { fileThatFits, type Chunk } from '@headrace/formats'

/** A file that a model made. */
export interface GeneratedFile {
  readonly base64: string
  /** IANA media type. */
  readonly mediaType: string
}

export interface FileOptions {
  /**
   * Stores a file that the model made and returns its address. Default: a `data:` address while that has at most 8,192
   * characters; a bigger file is left out, and a `data` part named `file-omitted` stands in its place.
   */
  readonly storeFile?: (file: GeneratedFile) => string | Promise<string>
}

/** A file that came as its content, where the application wants it. */
export async function placeFile(chunk: Chunk, { storeFile }: FileOptions): Promise<Chunk> {
  if (chunk.type !== 'file') return chunk
  const base64 = /^data:[^,]*;base64,(.*)$/s.exec(chunk.url)?.[1]
  if (!storeFile || base64 === undefined) return fileThatFits(chunk)
  const { mediaType } = chunk
  return fileThatFits({ ...chunk, url: await storeFile({ base64, mediaType }) })
}
