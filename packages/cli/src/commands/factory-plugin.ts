import { Command, Option } from 'commander'
import type { SurfacesOptions } from '../factory/surfaces.ts'
import { repositoryOption } from './factory-options.ts'

/** Plugins of the repository that a floor works on. */
export function pluginCommand(): Command {
  const plugin = new Command('plugin')
    .description('Plugins of the repository: where features are added while core stays as it is.')
    .addHelpText(
      'after',
      `
Surfaces and core are described in .headrace/plugins.yaml.

Examples:
  headrace factory plugin list
  headrace factory plugin new shout --surface commands
  headrace factory plugin check`,
    )
  plugin.addCommand(
    new Command('list')
      .description('Surfaces with their owners and plugins, and how large core is.')
      .addOption(repositoryOption())
      .addOption(new Option('--json', 'print it as JSON'))
      .action(async (options: SurfacesOptions & { readonly json?: boolean }) => {
        const { listPlugins } = await import('../factory/surfaces.ts')
        await listPlugins(options)
      }),
  )
  plugin.addCommand(
    new Command('check')
      .description('Run the contract of every plugin, and hold core against its budget.')
      .addOption(repositoryOption())
      .action(async (options: SurfacesOptions) => {
        const { checkPlugins } = await import('../factory/surfaces.ts')
        await checkPlugins(options)
      }),
  )
  plugin.addCommand(
    new Command('new')
      .description('Write a new plugin with a test of its own.')
      .argument('<name>', '1 to 64 of a–z, 0–9 and "-"')
      .requiredOption('--surface <name>', 'where it belongs')
      .addOption(repositoryOption())
      .action(async (name: string, options: SurfacesOptions & { readonly surface: string }) => {
        const { newPlugin } = await import('../factory/surfaces.ts')
        await newPlugin(name, options)
      }),
  )
  return plugin
}
