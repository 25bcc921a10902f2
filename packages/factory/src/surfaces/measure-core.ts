import type { Vault } from '../clones/open-vault.ts'
import type { PathMatcher } from '../paths.ts'
import { blobTexts } from '../work/read-change.ts'
import { modes, treeEntries } from '../work/tree-entries.ts'
import { addSizes, noCore, sizeOfFile, type CoreSize } from './core-size.ts'
import type { PluginSurfaces } from './surfaces-file.ts'

/** Files that are larger are not written by hand. */
const maxFileBytes = 1_048_576

/** How large core is at a commit of the trusted repository, read from git's objects. */
export async function measureCore(
  vault: Vault,
  commit: string,
  { surfaces, isTest }: { readonly surfaces: PluginSurfaces; readonly isTest: PathMatcher },
): Promise<CoreSize> {
  const sizeOf = sizeOfFile(surfaces, isTest)
  const entries = [...(await treeEntries(vault.git, commit)).values()].filter(
    ({ path, mode, bytes }) =>
      (mode === modes.file || mode === modes.program) && bytes <= maxFileBytes && countsFor(sizeOf, path),
  )
  const sizes = new Map(entries.map(({ id, bytes }) => [id, bytes]))
  const texts = await blobTexts(vault.git, [...sizes])
  return entries.reduce((sum, { path, id }) => addSizes(sum, sizeOf(path, texts.get(id))), noCore)
}

function countsFor(sizeOf: ReturnType<typeof sizeOfFile>, path: string): boolean {
  return sizeOf(path, 'x').lines > 0 || path === 'package.json'
}
