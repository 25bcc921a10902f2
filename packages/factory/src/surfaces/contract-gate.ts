import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Gate } from '../gate/gate.ts'
import { runGate, type GateOptions } from '../gate/run-gate.ts'
import { pluginsIn } from './plugins-in.ts'
import type { PluginSurfaces } from './surfaces-file.ts'

/** More plugins than these are not judged one by one. */
const maxPlugins = 200

/** Each plugin of the repository keeps the contract of its surface, whatever a change does to it or to what it stands on. */
export function contractGate(surfaces: PluginSurfaces): Gate {
  return {
    name: 'contracts',
    about: 'The contract test of the surface of each plugin.',
    async judge({ setup: _, junit: __, baseline: ___, ...options }) {
      const plugins = pluginsIn(surfaces, await filesIn(options.checkout, surfaces))
      if (plugins.length > maxPlugins)
        return { verdict: 'red', class: 'harness', why: `there are ${plugins.length} plugins; at most ${maxPlugins}.` }
      for (const { surface, folder, isNamed } of plugins) {
        if (!isNamed) {
          const why = `${folder} is no name of a plugin: 1 to 64 of a–z, 0–9 and "-", and a letter first.`
          return { verdict: 'red', class: 'product', why }
        }
        const [file, ...args] = surface.test
        const test: GateOptions['test'] = {
          ...options.test,
          argv: [file, ...args.map((word) => word.replaceAll('{plugin}', folder))],
        }
        const result = await runGate({ ...options, test, env: { ...options.env, HEADRACE_PLUGIN: folder } })
        if (result.verdict === 'green') continue
        const why = `${folder} does not keep the contract of ${surface.name} (owner ${surface.owner}). ${result.why}`
        return { verdict: 'red', class: result.class, why, output: result.output }
      }
      return { verdict: 'green' }
    },
  }
}

async function filesIn(checkout: string, { surfaces }: PluginSurfaces): Promise<readonly string[]> {
  const found = await Promise.all(
    surfaces.map(async ({ folder }) => {
      const entries = await readdir(path.join(checkout, folder), { withFileTypes: true }).catch(() => [])
      // What is in the folder of a plugin does not matter here, only that there is one.
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}/`)
    }),
  )
  return found.flat()
}
