import { isPluginName } from './scaffold.ts'
import type { PluginSurface, PluginSurfaces } from './surfaces-file.ts'

/** A plugin of the repository. */
export interface PluginHere {
  readonly surface: PluginSurface
  readonly name: string
  /** Its folder in the repository. */
  readonly folder: string
  /** Its name is one that a plugin may have. */
  readonly isNamed: boolean
}

/** The plugins among these files, by surface and name. Pure. */
export function pluginsIn({ surfaces }: PluginSurfaces, files: readonly string[]): readonly PluginHere[] {
  return surfaces.flatMap((surface) => {
    const below = files.filter((file) => file.startsWith(`${surface.folder}/`))
    const rests = below.map((file) => file.slice(surface.folder.length + 1))
    const names = new Set(rests.flatMap((rest) => (rest.includes('/') ? [rest.slice(0, rest.indexOf('/'))] : [])))
    return [...names].toSorted().map((name) => ({
      surface,
      name,
      folder: `${surface.folder}/${name}`,
      isNamed: isPluginName(name),
    }))
  })
}
