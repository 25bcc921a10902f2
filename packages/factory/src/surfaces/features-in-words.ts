import type { PluginSurfaces } from './surfaces-file.ts'

/** Where features belong, as an agent that builds one is told before it begins. Pure. */
export function featuresInWords({ core, surfaces }: PluginSurfaces): string {
  const places = surfaces.map(
    ({ name, about, folder, owner }) => `- ${name}: a folder \`${folder}/NAME\` (owner ${owner}). ${about}`,
  )
  return [
    `A feature is a plugin here, and core stays as it is: ${core.paths.map((glob) => `\`${glob}\``).join(', ')}. It belongs on a surface:`,
    ...places,
    '`headrace factory plugin new NAME --surface SURFACE` makes one with its test; by hand it is as good.',
  ].join('\n')
}
