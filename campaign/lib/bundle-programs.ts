import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown, type Plugin } from 'rolldown'

const root = path.join(import.meta.dirname, '../..')

/** What a source finds beside itself (a page, a thread, skills) it finds from the bundle as well. */
const atItsPlace: Plugin = {
  name: 'at-its-place',
  transform: {
    filter: { code: 'import.meta.' },
    handler(code, id) {
      const places = { url: pathToFileURL(id).href, dirname: path.dirname(id), filename: id }
      return code.replaceAll(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, name: keyof typeof places) =>
        JSON.stringify(places[name]),
      )
    },
  },
}

/**
 * Puts programs into few files, as it is with those that were built to be installed: a start then costs half as much as from
 * hundreds of sources, and the tests and the campaign start thousands. They run on this machine only, with
 * `--conditions=@headrace/source` like their sources.
 *
 * @param name - of a directory beside the packages that they need
 * @param sources - paths in the repository, such as `packages/cli/src/bin.ts`
 * @returns the directory; `packages/cli/src/bin.js` in it is that program
 */
export async function bundlePrograms(name: string, sources: readonly string[]): Promise<string> {
  const directory = path.join(root, 'node_modules/.cache/headrace', name)
  const bundle = await rolldown({
    input: Object.fromEntries(sources.map((source) => [source.replace(/\.ts$/, ''), path.join(root, source)])),
    platform: 'node',
    resolve: { conditionNames: ['@headrace/source', 'node', 'import', 'default'] },
    // They load compiled libraries from where they are.
    external: ['classic-level', 'rolldown'],
    plugins: [atItsPlace],
  })
  await bundle.write({ dir: directory, format: 'esm', cleanDir: true })
  await bundle.close()
  return directory
}
