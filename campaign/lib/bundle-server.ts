import { cp, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { rolldown } from 'rolldown'

const root = path.join(import.meta.dirname, '../..')
const cli = path.join(root, 'packages/cli')

/**
 * Puts the command that people run into few files, as it would be installed: a start then costs half as much as from hundreds of
 * sources, and the long form starts thousands of servers.
 *
 * @param name - of a directory beside the packages that it needs
 * @returns the command
 */
export async function bundleServer(name: string): Promise<string> {
  const directory = path.join(root, 'node_modules/.cache/headrace', name)
  await mkdir(directory, { recursive: true })
  const bundle = await rolldown({
    input: path.join(cli, 'src/bin.ts'),
    platform: 'node',
    resolve: { conditionNames: ['@headrace/source', 'node', 'import', 'default'] },
    // It loads a compiled library from where it is.
    external: ['classic-level'],
  })
  await bundle.write({ dir: path.join(directory, 'dist'), format: 'esm' })
  await bundle.close()
  await cp(path.join(cli, 'package.json'), path.join(directory, 'package.json'))
  return path.join(directory, 'dist/bin.js')
}
