import { HeadraceError, type Json } from '@headrace/core'
import type { Chunk } from '../chunk.ts'
import type { ToolResultBlock } from './messages-event.ts'

/** What came of a tool that the provider ran. */
export function toolResult({ tool_use_id: callId, content, is_error }: ToolResultBlock): Chunk {
  const error = errorOf(content)
  if (error !== undefined) return { type: 'tool-error', callId, error }
  if (is_error === true) return { type: 'tool-error', callId, error: asText(content) }
  return { type: 'tool-result', callId, output: readable(content) }
}

function errorOf(content: unknown): string | undefined {
  const isError = typeof content === 'object' && content !== null && 'error_code' in content
  return isError ? String(content.error_code) : undefined
}

function asText(content: unknown): string {
  if (typeof content === 'string') return content
  return JSON.stringify(readable(content)) ?? 'The tool failed.'
}

/** Most levels of a result; sessions take 32 of JSON. */
const maxLevels = 30

/** Without what only the provider can read. It can be most of a result. */
function readable(value: unknown, level = 0): Json {
  if (level > maxLevels) throw new HeadraceError('upstream_failed', 'The result of a tool is nested too deep.')
  if (Array.isArray(value)) return value.map((item: unknown) => readable(item, level + 1))
  if (typeof value !== 'object' || value === null) return value as Json // came as JSON
  const entries = Object.entries(value).filter(([key]) => !key.startsWith('encrypted_'))
  return Object.fromEntries(entries.map(([key, field]) => [key, readable(field, level + 1)]))
}
