import { parse } from 'smol-toml'
import type { ChangedFile } from '../work/change.ts'
import { tableAt, type Table } from './tables.ts'

/** Files that say among other things how tests are run, and what of them does. */
const files: readonly { readonly form: RegExp; pick(all: Table): unknown }[] = [
  {
    form: /(^|\/)pyproject\.toml$/i,
    pick: ({ tool }) => ['pytest', 'coverage', 'tox', 'nox'].map((key) => at(tool, key)),
  },
  {
    form: /(^|\/)Cargo\.toml$/i,
    pick: (all) => [
      at(all['package'], 'autotests'),
      ['test', 'doctest', 'harness'].map((key) => at(all['lib'], key)),
      all['test'],
      at(all['profile'], 'test'),
    ],
  },
]

/** Whether a change is of how tests are run, or may be, as the file can't be read. */
export function changesTestSettings({ path, before, after }: ChangedFile): boolean {
  const file = files.find(({ form }) => form.test(path))
  if (!file) return false
  const picked = (text: string | undefined): string => JSON.stringify(file.pick(parse(text ?? '')))
  try {
    return picked(before?.text) !== picked(after?.text)
  } catch {
    return true
  }
}

function at(from: unknown, key: string): unknown {
  return tableAt(from)[key]
}
