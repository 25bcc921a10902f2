import { parse } from 'smol-toml'
import { tableAt, type Table } from '../tables.ts'

/** Cargo takes both forms of the last two. */
const roles = ['dependencies', 'dev-dependencies', 'build-dependencies', 'dev_dependencies', 'build_dependencies']

/** Cargo.toml: for whatever target, and those that a workspace has for its members. */
export function namesInCargo(text: string): readonly string[] {
  const all = parse(text)
  const places: readonly unknown[] = [all, tableAt(all, 'workspace'), ...Object.values(tableAt(all, 'target'))]
  return places.flatMap((place) => roles.flatMap((role) => namesOf(tableAt(place, role))))
}

/** A crate may have another name in the code than it has in the registry. */
function namesOf(dependencies: Table): readonly string[] {
  return Object.entries(dependencies).map(([name, wanted]) => {
    const { package: real } = tableAt(wanted)
    return typeof real === 'string' ? real : name
  })
}
