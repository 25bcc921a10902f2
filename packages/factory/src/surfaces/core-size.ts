import { createPathMatcher, type PathMatcher } from '../paths.ts'
import { readManifest } from '../guards/package-json.ts'
import type { PluginSurfaces } from './surfaces-file.ts'

/** How large core is, in what its budget bounds. */
export interface CoreSize {
  readonly lines: number
  readonly exports: number
  readonly dependencies: number
}

export const noCore: CoreSize = { lines: 0, exports: 0, dependencies: 0 }

/** What is core: not its tests, and nothing of a surface. */
export function coreMatcher({ core, surfaces }: PluginSurfaces, isTest: PathMatcher): PathMatcher {
  const isCore = createPathMatcher(core.paths)
  const isPlugin = createPathMatcher(surfaces.flatMap(({ paths }) => paths))
  return (file) => isCore(file) && !isPlugin(file) && !isTest(file)
}

/** What one file counts for. Pure; a file that is no text counts nothing. */
export function sizeOfFile(
  surfaces: PluginSurfaces,
  isTest: PathMatcher,
): (path: string, text: string | undefined) => CoreSize {
  const isCore = coreMatcher(surfaces, isTest)
  const isEntry = createPathMatcher(surfaces.core.entries ?? ['**'])
  return (path, text) => {
    if (text === undefined) return noCore
    const inCore = isCore(path)
    const isManifest = path === 'package.json' || (inCore && path.endsWith('/package.json'))
    return {
      lines: inCore ? text.split('\n').filter((line) => line.trim() !== '').length : 0,
      exports: inCore && isEntry(path) && /\.[cm]?[jt]sx?$/.test(path) ? exportsIn(text) : 0,
      dependencies: isManifest ? needed(text) : 0,
    }
  }
}

export function addSizes(a: CoreSize, b: CoreSize, sign: 1 | -1 = 1): CoreSize {
  return {
    lines: a.lines + sign * b.lines,
    exports: a.exports + sign * b.exports,
    dependencies: a.dependencies + sign * b.dependencies,
  }
}

const declared =
  /^export\s+(?:default\b|\*|(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\b\s*\*?|class|const|let|var|enum|interface|type|namespace)\s+[\w$])/gm
const lists = /^export\s+(?:type\s+)?\{([^}]*)\}/gm

/** By the words at the beginning of lines: enough for a count that is compared with itself. */
function exportsIn(text: string): number {
  const names = [...text.matchAll(lists)].flatMap(([, list = '']) =>
    list.split(',').filter((name) => name.trim() !== ''),
  )
  return [...text.matchAll(declared)].length + names.length
}

function needed(text: string): number {
  const { fields } = readManifest(text)
  const names = ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((role) => {
    const of = fields[role]
    return typeof of === 'object' && of !== null ? Object.keys(of) : []
  })
  return new Set(names).size
}
