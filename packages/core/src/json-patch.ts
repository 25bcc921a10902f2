/** JSON Patch (RFC 6902): how the shared document of a session changes. Pure; what does not change is shared. */
import type { Json, JsonObject } from './json.ts'
import { array, json, object, string, tagged, type Schema } from './schema.ts'

export type JsonPatchOp =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string }

export type JsonPatch = readonly JsonPatchOp[]

const pointer: Schema<string> = string({
  max: 1_024,
  pattern: /^(?:\/(?:[^~/]|~[01])*)*$/,
  called: 'a JSON Pointer such as /todo/0',
})
const withValue = object({ path: pointer, value: json() })
const withFrom = object({ from: pointer, path: pointer })

export const jsonPatch: Schema<JsonPatch> = array(
  tagged('op', {
    add: withValue,
    replace: withValue,
    test: withValue,
    remove: object({ path: pointer }),
    move: withFrom,
    copy: withFrom,
  }) as Schema<JsonPatchOp>, // the union of the variants, one for each op
  { min: 1, max: 1_000 },
)

/** Why a patch can't be applied, for the caller to say. */
export class PatchFailure extends Error {
  override readonly name = 'PatchFailure'
  /** Position of the operation that failed. */
  readonly index: number

  constructor(index: number, text: string) {
    super(text)
    this.index = index
  }
}

/**
 * The document after all operations; none is applied when one fails.
 *
 * @throws PatchFailure
 */
export function applyPatch(before: Json, patch: JsonPatch): Json {
  let value = before
  for (const [index, op] of patch.entries()) {
    try {
      value = applyOp(value, op)
    } catch (thrown) {
      if (thrown instanceof Miss) throw new PatchFailure(index, thrown.message)
      throw thrown
    }
  }
  return value
}

class Miss extends Error {}

/** What stands at a JSON Pointer; `undefined` where nothing does. */
export function valueAt(document: Json, path: string): Json | undefined {
  return split(path).reduce<Json | undefined>(
    (value, token) => (value === undefined ? undefined : childOf(value, token)),
    document,
  )
}

function applyOp(document: Json, op: JsonPatchOp): Json {
  switch (op.op) {
    case 'add':
      return add(document, split(op.path), op.value)
    case 'replace':
      get(document, split(op.path), op.path)
      return replace(document, split(op.path), op.value)
    case 'remove':
      return remove(document, split(op.path), op.path)
    case 'test':
      if (!equal(get(document, split(op.path), op.path), op.value)) throw new Miss(`${op.path} has another value`)
      return document
    case 'copy':
      return add(document, split(op.path), get(document, split(op.from), op.from))
    case 'move': {
      if (op.path.startsWith(`${op.from}/`)) throw new Miss(`${op.from} can't be moved into itself`)
      const moved = get(document, split(op.from), op.from)
      return add(remove(document, split(op.from), op.from), split(op.path), moved)
    }
    default:
      return op satisfies never
  }
}

function split(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function get(document: Json, tokens: readonly string[], path: string): Json {
  let value: Json = document
  for (const token of tokens) {
    const child = childOf(value, token)
    if (child === undefined) throw new Miss(`there is nothing at ${path}`)
    value = child
  }
  return value
}

function childOf(value: Json, token: string): Json | undefined {
  if (isArray(value)) return /^(?:0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined
  if (typeof value !== 'object' || value === null) return undefined
  return Object.hasOwn(value, token) ? value[token] : undefined
}

/** Changes the container that the last token is in, and all on the way to it. */
function within(document: Json, tokens: readonly string[], change: (container: Json, token: string) => Json): Json {
  const [token, ...rest] = tokens
  if (token === undefined) throw new Miss('the whole document is not in a container')
  if (rest.length === 0) return change(document, token)
  const child = childOf(document, token)
  if (child === undefined) throw new Miss(`there is no ${token} on the way`)
  return put(document, token, within(child, rest, change))
}

function put(container: Json, token: string, value: Json): Json {
  if (isArray(container)) return container.with(Number(token), value)
  return setKey(container as JsonObject, token, value) // `childOf` has found something in it, so it is one of the two
}

/** As a definition, so that `__proto__` is a key like any other. */
function setKey(container: JsonObject, token: string, value: Json): JsonObject {
  const entries = Object.entries(container)
  if (!Object.hasOwn(container, token)) return Object.fromEntries([...entries, [token, value]])
  return Object.fromEntries(entries.map(([key, old]) => [key, key === token ? value : old]))
}

function add(document: Json, tokens: readonly string[], value: Json): Json {
  if (tokens.length === 0) return value
  return within(document, tokens, (container, token) => {
    if (isArray(container)) {
      const index = token === '-' ? container.length : Number(token)
      if (!/^(?:-|0|[1-9]\d*)$/.test(token) || index > container.length) throw new Miss(`there is no place ${token}`)
      return [...container.slice(0, index), value, ...container.slice(index)]
    }
    if (typeof container !== 'object' || container === null) throw new Miss(`${token} is in no object or array`)
    return setKey(container, token, value)
  })
}

function replace(document: Json, tokens: readonly string[], value: Json): Json {
  return tokens.length === 0 ? value : within(document, tokens, (container, token) => put(container, token, value))
}

function remove(document: Json, tokens: readonly string[], path: string): Json {
  get(document, tokens, path)
  if (tokens.length === 0) return null
  return within(document, tokens, (container, token) => {
    if (isArray(container)) return container.filter((_, index) => index !== Number(token))
    return Object.fromEntries(Object.entries(container as JsonObject).filter(([key]) => key !== token)) // `get` found it
  })
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** Deep equality of JSON, whatever the order of keys. */
export function equal(a: Json, b: Json): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (isArray(a) || isArray(b)) {
    if (!isArray(a) || !isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => equal(item, b[index] ?? null))
  }
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key] ?? null, b[key] ?? null))
  )
}
