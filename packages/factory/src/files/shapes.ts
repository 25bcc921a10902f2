import { HeadraceError, type JsonObject, type Schema } from '@headrace/core'

/** What an editor shows beside a field. */
export interface About {
  readonly about: string
  /** What counts where the field is left out. */
  readonly default?: string | number | boolean | readonly string[]
}

/** A field with its description for editors. */
export function described<S extends Schema<unknown>>(schema: S, { about, ...rest }: About): S {
  const json = { ...schema.json, description: about, ...rest } as JsonObject // strings, numbers and lists of strings
  return { ...schema, json }
}

/** An object whose keys are names that the writer chooses. */
export function named<T>(
  item: Schema<T>,
  { max, pattern = /^[a-z0-9][a-z0-9-]{0,63}$/ }: { readonly max: number; readonly pattern?: RegExp },
): Schema<Readonly<Record<string, T>>> {
  return {
    parse(value, path = '') {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object with names')
      const entries = Object.entries(value as Readonly<Record<string, unknown>>) // checked on the line above
      if (entries.length > max) fail(path, `an object with at most ${max} names`)
      for (const [name] of entries)
        if (!pattern.test(name)) fail(`${path}.${name}`, 'named with 1 to 64 of a–z, 0–9 and "-"')
      return Object.fromEntries(entries.map(([name, one]) => [name, item.parse(one, `${path}.${name}`)]))
    },
    json: {
      type: 'object',
      propertyNames: { pattern: pattern.source },
      additionalProperties: item.json,
      maxProperties: max,
    },
  }
}

/** A number of at least 0, such as an amount of money. */
export function amount(): Schema<number> {
  return {
    parse(value, path = '') {
      if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) fail(path, 'a number of at least 0')
      return value
    },
    json: { type: 'number', minimum: 0 },
  }
}

/** A part of a whole: a number from 0 to 1. */
export function portion(): Schema<number> {
  return {
    parse(value, path = '') {
      if (typeof value !== 'number' || !(value >= 0 && value <= 1)) fail(path, 'a number from 0 to 1')
      return value
    },
    json: { type: 'number', minimum: 0, maximum: 1 },
  }
}

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]]

/**
 * A command: a list of the program and its arguments, or a line that is cut at its spaces. There is no shell, so a line
 * with anything that only a shell understands is refused.
 */
export function command(): Schema<Argv> {
  return {
    parse(value, path = '') {
      const words = typeof value === 'string' ? cut(value, path) : value
      if (!Array.isArray(words) || words.length === 0 || words.length > 100)
        fail(path, 'a command: a line, or a list of the program and its arguments')
      for (const [index, word] of words.entries())
        if (typeof word !== 'string' || word === '' || word.length > 4_096 || word.includes('\0'))
          fail(`${path}[${index}]`, 'a word of 1 to 4096 characters')
      return words as unknown as Argv // at least one word, and every one is a string
    },
    json: {
      oneOf: [
        { type: 'string', minLength: 1, maxLength: 4_096 },
        { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: 100 },
      ],
    },
  }
}

function cut(line: string, path: string): readonly string[] {
  if (/["'`$|&;<>(){}*?~\\\n]/.test(line.replaceAll('{report}', '')))
    fail(path, 'a command without quotes and other signs of a shell; write it as a list: ["npm", "test"]')
  return line.trim().split(/ +/)
}

function fail(path: string, expected: string): never {
  throw new HeadraceError('bad_request', `${path} must be ${expected}.`, { detail: { path } })
}
