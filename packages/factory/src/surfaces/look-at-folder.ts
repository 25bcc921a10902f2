import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { folderSource } from '../files/floor-source.ts'
import { faultInWords } from '../files/yaml-text.ts'
import { defaultTestGlobs } from '../guards/test-globs.ts'
import { createPathMatcher } from '../paths.ts'
import { addSizes, noCore, sizeOfFile, type CoreSize } from './core-size.ts'
import { pluginsIn, type PluginHere } from './plugins-in.ts'
import { parseSurfacesFile, surfacesPath, type PluginSurfaces } from './surfaces-file.ts'

/** What a folder has of plugins and core, as it is on disk now. */
export interface SurfacesSeen {
  readonly surfaces: PluginSurfaces
  readonly plugins: readonly PluginHere[]
  readonly core: CoreSize
}

const skipped: ReadonlySet<string> = new Set(['.git', 'node_modules'])
const maxFiles = 50_000
const maxFileBytes = 1_048_576

/**
 * Looks at the plugins and the core of a folder of the operator's. What counts on the floor is the base branch.
 *
 * @throws FactoryError `not_found` without a `.headrace/plugins.yaml`; `files_invalid` with every fault of it
 */
export async function lookAtFolder(
  root: string,
  testGlobs: readonly string[] = defaultTestGlobs,
): Promise<SurfacesSeen> {
  const text = await folderSource(root).read(surfacesPath)
  if (text === undefined)
    throw new FactoryError(
      'not_found',
      `There is no ${surfacesPath} in ${root}. Write one that says what is core, and where features go beside it: docs/plugins.md has an example.`,
    )
  const surfaces = parseSurfacesFile(text)
  if (!('core' in surfaces)) {
    const evidence = surfaces.slice(0, 50).map((fault) => faultInWords(fault))
    throw new FactoryError('files_invalid', `${surfacesPath} is wrong.`, { evidence })
  }
  const files = await filesBelow(root)
  const sizeOf = sizeOfFile(surfaces, createPathMatcher(testGlobs))
  let core = noCore
  for (const file of files) {
    if (sizeOf(file, 'x').lines === 0 && file !== 'package.json') continue
    const place = path.join(root, file)
    if ((await stat(place)).size <= maxFileBytes) core = addSizes(core, sizeOf(file, await readFile(place, 'utf8')))
  }
  return { surfaces, plugins: pluginsIn(surfaces, files), core }
}

async function filesBelow(root: string): Promise<readonly string[]> {
  const found: string[] = []
  const waiting = ['']
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !skipped.has(entry.name)) waiting.push(file)
      else if (entry.isFile()) found.push(file)
      if (found.length > maxFiles) throw new FactoryError('bad_option', `${root} has more than ${maxFiles} files.`)
    }
  }
  return found.toSorted()
}
