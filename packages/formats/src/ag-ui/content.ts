import type { Part, PartStart } from '@headrace/core'
import type { AgUiContent, AgUiSource } from './messages.ts'

const maxUrlChars = 8_192

/** What a person sent, as parts of a message. An inline file that is too big for an address is left out, and said so. */
export function fromContent(content: string | readonly AgUiContent[]): readonly PartStart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return content.flatMap((part): readonly PartStart[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ kind: 'text', text: part.text }]
    return [fromSource(part.type, part.source)]
  })
}

function fromSource(type: string, source: AgUiSource): PartStart {
  const mediaType = source.mimeType ?? anyOf[type] ?? 'application/octet-stream'
  switch (source.type) {
    case 'url':
      return file(source.value, mediaType)
    case 'data':
      return file(`data:${mediaType};base64,${source.value}`, mediaType)
    case 'file': {
      const { value, provider } = source
      return {
        kind: 'data',
        name: 'ag-ui.file',
        value: { type, value, mediaType, ...(provider !== undefined && { provider }) },
      }
    }
    default:
      return source satisfies never
  }
}

function file(url: string, mediaType: string): PartStart {
  if (url !== '' && url.length <= maxUrlChars) return { kind: 'file', url, mediaType }
  return { kind: 'data', name: 'file-omitted', value: { mediaType, chars: url.length } }
}

const anyOf: Readonly<Record<string, string>> = { image: 'image/*', audio: 'audio/*', video: 'video/*' }

/** What a file is to AG-UI, by its media type. */
export function toMedia(url: string, mediaType: string): AgUiContent {
  const main = mediaType.slice(0, mediaType.indexOf('/'))
  const type = main === 'image' || main === 'audio' || main === 'video' ? main : 'document'
  const data = /^data:[^,]*;base64,(.*)$/s.exec(url)?.[1]
  return {
    type,
    source:
      data === undefined
        ? { type: 'url', value: url, mimeType: mediaType }
        : { type: 'data', value: data, mimeType: mediaType },
  }
}

/**
 * What a person's message says: text where it is nothing but text. Parts for the application are no content, nor is the
 * filler of what was taken out.
 */
export function toContent(parts: readonly (Part | PartStart)[]): string | readonly AgUiContent[] {
  const content = parts.flatMap((part): readonly AgUiContent[] => {
    switch (part.kind) {
      case 'text':
        return 'redacted' in part ? [] : [{ type: 'text', text: part.text ?? '' }]
      case 'file':
        return 'redacted' in part ? [] : [toMedia(part.url, part.mediaType)]
      case 'source':
        if ('redacted' in part) return []
        return [{ type: 'text', text: part.title === undefined ? part.url : `${part.title}: ${part.url}` }]
      case 'reasoning':
      case 'tool':
      case 'data':
        return []
      default:
        return part satisfies never
    }
  })
  const [only] = content
  if (!only) return ''
  return content.length === 1 && only.type === 'text' ? only.text : content
}
