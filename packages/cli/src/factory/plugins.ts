import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadPlugins, type Plugins, type WantedPlugin } from '@headrace/factory'
import type { Output } from '../terminal/console.ts'

export interface PluginPlaces {
  readonly repository: string
  /** Where the clones of agents are. */
  readonly folder: string
}

/** Loads what the files of a floor name: from the operator's repository, or from where this command is installed. */
export async function openPlugins(
  plugins: readonly WantedPlugin[],
  { repository, folder }: PluginPlaces,
  output: Output,
): Promise<Plugins> {
  const here = path.dirname(fileURLToPath(import.meta.url))
  const opened = await loadPlugins({
    plugins,
    roots: [path.resolve(repository), here],
    never: [path.resolve(folder)],
  })
  for (const { package: name, why, blocks } of opened.refused) {
    const then = blocks ? ' Nothing is merged until it is there, or is not named any more.' : ''
    output.err(`The plugin ${name} was not taken: ${why}${then}`)
  }
  return opened
}
