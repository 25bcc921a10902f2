import type { Change } from '../../work/change.ts'
import { dependenciesOf } from '../package-json.ts'
import { namesInGoMod } from './go.ts'
import { namesInPyproject, namesInRequirements } from './python.ts'
import { namesInCargo } from './rust.ts'
import { tableAt } from '../tables.ts'

/** Files that name packages, and how. A reader throws where it can't read the text. */
const files: readonly { readonly form: RegExp; readonly names: (text: string) => Iterable<string> }[] = [
  { form: /(^|\/)package\.json$/, names: dependenciesOf },
  { form: /(^|\/)requirements(?:[\w.-]*|\/[\w./-]+)\.(?:txt|in)$/, names: namesInRequirements },
  { form: /(^|\/)pyproject\.toml$/, names: namesInPyproject },
  { form: /(^|\/)Cargo\.toml$/, names: namesInCargo },
  { form: /(^|\/)go\.mod$/, names: namesInGoMod },
  { form: /(^|\/)composer\.json$/, names: namesInComposer },
  { form: /(^|\/)(?:Gemfile|gems\.rb|[\w.-]+\.gemspec)$/, names: namesInGemfile },
]

export interface NewDependencies {
  readonly fresh: readonly { readonly path: string; readonly name: string }[]
  /** Files that name packages and can't be read. */
  readonly unreadable: readonly string[]
}

/** The packages that a change begins to depend on, in each file that names some. */
export function newDependencies(change: Change): NewDependencies {
  const fresh: { path: string; name: string }[] = []
  const unreadable: string[] = []
  for (const { path, before, after } of change.files) {
    const file = files.find(({ form }) => form.test(path))
    if (!file || after?.text === undefined) continue
    const now = read(file.names, after.text)
    if (!now) unreadable.push(path)
    const known = read(file.names, before?.text ?? '') ?? new Set()
    for (const name of now ?? []) if (!known.has(name)) fresh.push({ path, name })
  }
  return { fresh, unreadable }
}

function read(names: (text: string) => Iterable<string>, text: string): ReadonlySet<string> | undefined {
  try {
    return new Set(names(text))
  } catch {
    return undefined
  }
}

function namesInComposer(text: string): readonly string[] {
  const all: unknown = text === '' ? {} : JSON.parse(text)
  const named = ['require', 'require-dev'].flatMap((role) => Object.keys(tableAt(all, role)))
  // The others are PHP itself and what it is built with.
  return named.filter((name) => name.includes('/'))
}

function namesInGemfile(text: string): readonly string[] {
  const forms = /^\s*gem[\s(]+['"]([^'"]+)|\.add(?:_runtime|_development)?_dependency[\s(]+['"]([^'"]+)/gm
  return [...text.matchAll(forms)].flatMap(([, gem, dependency]) => gem ?? dependency ?? [])
}
