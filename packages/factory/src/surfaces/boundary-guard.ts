import type { Vault } from '../clones/open-vault.ts'
import type { Finding, SlowGuard } from '../guards/guard.ts'
import { quote } from '../guards/quote.ts'
import { createPathMatcher } from '../paths.ts'
import type { Change } from '../work/change.ts'
import { addSizes, coreMatcher, sizeOfFile, type CoreSize } from './core-size.ts'
import { measureCore } from './measure-core.ts'
import { nameFrom, scaffoldPlugin } from './scaffold.ts'
import { surfacesPath, type PluginSurface, type PluginSurfaces } from './surfaces-file.ts'

/** How it is named in the policy. */
export const boundaryGuardName = 'plugin-boundary'

/**
 * Keeps optional capability out of core: a feature is a plugin, and core stays within its budget (X1). What it says is what
 * the agent is told: why, and the command that makes the plugin.
 */
export function boundaryGuard(surfaces: PluginSurfaces, vault: Vault): SlowGuard {
  return {
    name: boundaryGuardName,
    about: 'Features in core where there is a surface for plugins, and core that grows over its budget.',
    policy: 'block',
    async check(change, { testGlobs, task }) {
      const isTest = createPathMatcher(testGlobs)
      const isCore = coreMatcher(surfaces, isTest)
      const touched = change.files.filter(({ path }) => isCore(path))
      const isFeature = task?.kind === 'feature' && surfaces.surfaces.length > 0 && touched.length > 0
      const before = await measureCore(vault, change.base, { surfaces, isTest })
      return [
        ...(isFeature ? featureFindings(surfaces, change, { title: task.title, isCore }) : []),
        ...growth(surfaces, before, after(before, change, sizeOfFile(surfaces, isTest))),
      ]
    },
  }
}

function featureFindings(
  { surfaces }: PluginSurfaces,
  { files }: Change,
  { title, isCore }: { readonly title: string; readonly isCore: (path: string) => boolean },
): readonly Finding[] {
  const surface = surfaceFor(surfaces, title)
  if (!surface) return []
  const name = nameFrom(title)
  const made = Object.keys(scaffoldPlugin(surface, name))
  const what = [
    `a feature is a plugin, and core stays as it is (${surfacesPath}).`,
    `Take your changes of core back, and build it in ${surface.folder}/${name} (surface ${surface.name}, owner ${surface.owner}: ${surface.about}).`,
    `\`headrace factory plugin new ${name} --surface ${surface.name}\` makes ${made.join(', ')}.`,
    `It has to keep the contract \`${surface.test.join(' ').replaceAll('{plugin}', `${surface.folder}/${name}`)}\`.`,
    ...(surfaces.length > 1 ? [`Other surfaces: ${others(surfaces, surface)}.`] : []),
  ].join(' ')
  return [
    { what, certainty: 'sure' },
    ...files
      .filter(({ path }) => isCore(path))
      .map(({ path, added, removed }): Finding => {
        const [first] = added.length > 0 ? added : removed
        return {
          what: 'this is core',
          path,
          ...(first && { line: first.line, quote: quote(first.text) }),
          certainty: 'sure',
        }
      }),
  ]
}

function others(surfaces: readonly PluginSurface[], but: PluginSurface): string {
  return surfaces
    .filter((surface) => surface !== but)
    .map(({ name, about }) => `${name} (${about})`)
    .join(', ')
}

/** The surface that has most words in common with what is to be done; of as many the first one. */
function surfaceFor(surfaces: readonly PluginSurface[], title: string): PluginSurface | undefined {
  const words = (text: string): readonly string[] => text.toLowerCase().match(/[a-z0-9]{3,}/g) ?? []
  const wanted = new Set(words(title))
  const score = ({ name, about }: PluginSurface): number =>
    new Set(words(`${name} ${about}`).filter((word) => wanted.has(word))).size
  return surfaces.toSorted((a, b) => score(b) - score(a))[0]
}

function after(before: CoreSize, { files }: Change, sizeOf: ReturnType<typeof sizeOfFile>): CoreSize {
  return files.reduce(
    (sum, file) =>
      addSizes(addSizes(sum, sizeOf(file.path, file.before?.text), -1), sizeOf(file.path, file.after?.text)),
    before,
  )
}

function growth({ core }: PluginSurfaces, before: CoreSize, now: CoreSize): readonly Finding[] {
  const measures = ['lines', 'exports', 'dependencies'] as const
  return measures.flatMap((measure) => {
    const limit = core.budget[measure]
    if (limit === undefined || now[measure] <= limit || now[measure] <= before[measure]) return []
    const what = `core would have ${now[measure]} ${measure}; at most ${limit} (${surfacesPath}), and it has ${before[measure]}: make room in it, or build a plugin`
    return [{ what, certainty: 'sure' }]
  })
}
