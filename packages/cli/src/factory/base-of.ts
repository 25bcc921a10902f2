import path from 'node:path'
import { factoryPath, folderSource, outlineFactoryFile } from '@headrace/factory'

/**
 * The base branch of a repository, as its files say in the folder. Whoever reads the floor sees to it that they say so on
 * that branch too.
 */
export async function baseOf(repository: string): Promise<string> {
  const text = await folderSource(path.resolve(repository)).read(factoryPath)
  return (text === undefined ? undefined : outlineFactoryFile(text).base) ?? 'main'
}
