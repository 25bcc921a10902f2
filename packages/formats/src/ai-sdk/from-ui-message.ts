import { HeadraceError, canonical, type Message, type PartStart } from '@headrace/core'
import { toJson } from '../to-json.ts'

/** A file as `useChat` has it; `url` is a `data:` address where a person picked it on the page. */
export interface UiFile {
  readonly url: string
  readonly mediaType: string
  readonly filename?: string
}

export type StoreUiFile = (file: UiFile) => string | Promise<string>

/** A message that somebody gives to `useChat`: wide on purpose, so that the page's own kinds of parts fit. */
export interface GivenMessage {
  readonly id: string
  readonly role: 'system' | 'user' | 'assistant'
  readonly parts: readonly { readonly type: string }[]
}

const maxUrlChars = 8_192

/**
 * What a person's message says, as parts of a session. Kinds that the session has no word for are left out.
 *
 * @throws HeadraceError `bad_request` when nothing is left, or a file is too big for the log
 */
export async function fromUiMessage(message: GivenMessage, storeFile?: StoreUiFile): Promise<readonly PartStart[]> {
  const parts: PartStart[] = []
  for (const part of message.parts) {
    const start = await toPartStart(part, storeFile)
    if (start) parts.push(start)
  }
  if (parts.length > 0) return parts
  throw new HeadraceError('bad_request', `The message ${message.id} says nothing. Give it text, a file or data.`, {
    detail: { path: 'parts' },
  })
}

async function toPartStart(
  part: object & { readonly type: string },
  storeFile?: StoreUiFile,
): Promise<PartStart | undefined> {
  const { type } = part
  if (type === 'text' && 'text' in part && typeof part.text === 'string') {
    return part.text === '' ? undefined : { kind: 'text', text: part.text }
  }
  if (type === 'file' && 'url' in part && 'mediaType' in part) {
    return fileStart(part as unknown as UiFile, storeFile) // the shape of the AI SDK's file part
  }
  if (type === 'source-url' && 'url' in part && typeof part.url === 'string') {
    const title = 'title' in part && typeof part.title === 'string' && { title: part.title }
    return { kind: 'source', url: part.url, ...title }
  }
  if (type.startsWith('data-') && 'data' in part) {
    return { kind: 'data', name: type.slice('data-'.length), value: toJson(part.data) }
  }
  return undefined
}

async function fileStart(file: UiFile, storeFile?: StoreUiFile): Promise<PartStart> {
  const { mediaType, filename } = file
  const url = storeFile ? await storeFile(file) : file.url
  if (url.length > maxUrlChars) {
    const text = `The file ${filename ?? mediaType} is an address of ${url.length} characters, and at most ${maxUrlChars} fit into a message. Store it elsewhere with the option storeFile, which returns its address.`
    throw new HeadraceError('bad_request', text, { detail: { path: 'parts' } })
  }
  return { kind: 'file', url, mediaType, ...(filename !== undefined && { name: filename }) }
}

/** Whether a message says just this. */
export function sameParts(message: Message, parts: readonly PartStart[]): boolean {
  const said = message.parts.map(({ id: _, status: __, attempt: ___, step: ____, to: _____, ...part }) => part)
  return canonical(toJson(said)) === canonical(toJson(parts))
}
