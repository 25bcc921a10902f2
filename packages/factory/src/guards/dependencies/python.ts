import { parse } from 'smol-toml'
import { tableAt, textsOf } from '../tables.ts'

/** requirements.txt: a package or an address a line. Options, and what they include, are other lines and other files. */
export function namesInRequirements(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => nameOf(line.replace(/^\s*(?:-e|--editable)[\s=]+/, '')))
}

/** pyproject.toml: of the project and of its groups, and where poetry, pdm, uv and hatch have their own. */
export function namesInPyproject(text: string): readonly string[] {
  const all = parse(text)
  const project = tableAt(all, 'project')
  const tool = tableAt(all, 'tool')
  const poetry = tableAt(tool, 'poetry')
  const poetryTables = [
    poetry['dependencies'],
    poetry['dev-dependencies'],
    ...Object.values(tableAt(poetry, 'group')).map((group) => tableAt(group)['dependencies']),
  ]
  const lists = [
    project['dependencies'],
    ...Object.values(tableAt(project, 'optional-dependencies')),
    ...Object.values(tableAt(all, 'dependency-groups')),
    tableAt(all, 'build-system')['requires'],
    tableAt(tool, 'uv')['dev-dependencies'],
    ...Object.values(tableAt(tool, 'pdm', 'dev-dependencies')),
    ...Object.values(tableAt(tool, 'hatch', 'envs')).flatMap((environment) => {
      const { dependencies, 'extra-dependencies': extra } = tableAt(environment)
      return [dependencies, extra]
    }),
  ]
  return [
    ...lists.flatMap((list) => textsOf(list).flatMap(nameOf)),
    ...poetryTables.flatMap((table) => Object.keys(tableAt(table)).filter((name) => name !== 'python')).map(normal),
  ]
}

/** The package that a requirement names, or the address from which it is had. */
function nameOf(requirement: string): readonly string[] {
  const [name] = /^\s*[A-Za-z0-9][\w.-]*(?![\w.+:/-])/.exec(requirement) ?? []
  if (name !== undefined) return [normal(name.trim())]
  const [address] = /^\s*[A-Za-z0-9./][^\s#;]*/.exec(requirement) ?? []
  return address === undefined ? [] : [address.trim()]
}

/** Python takes `My_Pkg` and `my-pkg` for one. */
function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
}
