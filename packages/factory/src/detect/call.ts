/** What a call is about, read from the name of its tool and its arguments, whoever's tool it is. Pure. */
import type { Json } from '@headrace/core'
import type { CallKind, Step } from './step.ts'

export interface Call {
  readonly kind: CallKind
  /** The shell command without changes of folder and variables before it. */
  readonly command?: string
  /** The file it is about. */
  readonly path?: string
  /** The text that an edit looks for. */
  readonly seeks?: string
  /** The arguments without what says nothing: empty ones, spaces, order. */
  readonly core: string
  /** The arguments as they are, but for the order of keys. */
  readonly exact: string
  /** The arguments one by one, as in `core`. */
  readonly parts: ReadonlyMap<string, string>
}

const maxChars = 8_000
const passing = /^(?:call_?id|turn_?id|tool_?use_?id|tool_?call_?id|process_?id|started_?at(?:_?ms)?|timestamp)$/i
/** A shell that runs one line is no part of it. */
const shell = /^(?:\/\S*\/)?(?:ba|z|da)?sh -l?c /
const prefix = /^(?:cd\s+\S+\s*(?:&&|;)\s*|(?:export\s+)?[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)\s*(?:&&|;)?\s+)+/

/** The arguments of a call, without the wrapping that a lane's log puts around them. */
function inner(args: Json | undefined): Json {
  if (!isObject(args)) return args ?? null
  const { input, title, paths } = args
  if (input === undefined) return args
  if (title === undefined && paths === undefined) return args
  return isObject(input) ? lasting(input) : { input }
}

/** Without what is another one each time: ids of the call and of the turn, and when it began. */
function lasting(input: Readonly<Record<string, Json>>): Json {
  return Object.fromEntries(Object.entries(input).filter(([key]) => !passing.test(key)))
}

export function callOf(step: Step): Call {
  const { tool, kind: said } = step
  const args = inner(step.args)
  const own = isObject(args) ? args : { value: args }
  const path = textAt(own, 'path', 'file_path', 'filepath', 'filePath', 'file_name', 'filename', 'file') ?? pathOf(step)
  const verb = textAt(own, 'command', 'cmd', 'script') ?? (said === 'execute' ? titleOf(step) : undefined)
  const isEditor = path !== undefined && verb !== undefined && /^[a-z_]+$/.test(verb)
  const command = isEditor || verb === undefined ? undefined : commandCore(verb)
  const kind = tool === '' ? 'talk' : (refined(said, command) ?? kindOf(isEditor ? verb : tool, command))
  const seeks = textAt(own, 'old_str', 'old_string', 'oldText', 'old_text', 'search')
  const parts = new Map<string, string>()
  for (const key of Object.keys(own).toSorted()) {
    const value = pruned(own[key] ?? null)
    if (value !== undefined) parts.set(key, JSON.stringify(value).slice(0, maxChars))
  }
  const core = command === undefined ? [...parts].map(([key, value]) => `${key}=${value}`).join(' ') : command
  return {
    kind,
    ...(command !== undefined && { command }),
    ...(path !== undefined && { path }),
    ...(seeks !== undefined && seeks.trim() !== '' && { seeks }),
    core: `${tool} ${core}`.slice(0, maxChars),
    exact: `${tool} ${JSON.stringify(sorted(args))}`.slice(0, maxChars),
    parts,
  }
}

/** A command without `cd …&&`, variables before it, and spaces that say nothing. */
function commandCore(command: string): string {
  return command.slice(0, maxChars).trim().replace(shell, '').replace(prefix, '').replaceAll(/\s+/g, ' ')
}

/** Programs are told apart better than by "execute". */
function refined(said: CallKind | undefined, command: string | undefined): CallKind | undefined {
  return said === 'execute' || said === 'other' ? (ofCommand(command) ?? said) : said
}

function kindOf(name: string, command: string | undefined): CallKind {
  if (command !== undefined) return ofCommand(command) ?? 'execute'
  if (/think|hypothes|reflect|^plan/i.test(name)) return 'think'
  if (/delete|remove/i.test(name)) return 'delete'
  if (/^(?:ls|list|tree|glob)/i.test(name)) return 'list'
  if (/search|grep|find/i.test(name)) return 'search'
  if (/^(?:read|view|open|get|cat|show|extract|fetch)/i.test(name)) return 'read'
  if (/write|edit|patch|replace|create|insert|apply|fix|undo/i.test(name)) return 'edit'
  return 'other'
}

function ofCommand(command: string | undefined): CallKind | undefined {
  const program = command === undefined ? undefined : /^\S+/.exec(command)?.[0]
  switch (program) {
    case 'ls':
    case 'tree':
    case 'pwd':
      return 'list'
    case 'cat':
    case 'head':
    case 'tail':
    case 'less':
      return 'read'
    case 'grep':
    case 'rg':
    case 'find':
    case 'fd':
    case 'ag':
      return 'search'
    case 'rm':
      return 'delete'
    default:
      return undefined
  }
}

function pathOf({ args }: Step): string | undefined {
  const paths = isObject(args) ? args['paths'] : undefined
  const first = Array.isArray(paths) ? (paths as readonly Json[])[0] : undefined // an array of Json
  return typeof first === 'string' ? first : undefined
}

/** Some agents say only in a title what they run. */
function titleOf({ args }: Step): string | undefined {
  const title = isObject(args) ? args['title'] : undefined
  return typeof title === 'string' ? title.replaceAll(/^`|`$/g, '') : undefined
}

function textAt(value: Readonly<Record<string, Json>>, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const found = value[key]
    if (typeof found === 'string') return found
    // A command as an argv.
    if (Array.isArray(found) && found.every((part) => typeof part === 'string')) return found.join(' ')
  }
  return undefined
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Nothing where the value says nothing: `''`, `[]`, `{}`, null. Numbers and their digits are the same. */
function pruned(value: Json): Json | undefined {
  if (value === null || value === '') return undefined
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => pruned(item) ?? null) // an array of Json
    return items.length === 0 ? undefined : items
  }
  const entries = Object.entries(value as Readonly<Record<string, Json>>) // nothing else is left of Json
    .flatMap(([key, item]): readonly (readonly [string, Json])[] => {
      const kept = pruned(item)
      return kept === undefined ? [] : [[key, kept]]
    })
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted) // an array of Json
  const entries = Object.entries(value as Readonly<Record<string, Json>>) // nothing else is left of Json
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]))
}
