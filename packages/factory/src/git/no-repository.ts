import { FactoryError } from '../errors.ts'

/** The folder that was named, or is the current one, is not what it must be: mostly somebody is in the wrong one. */
export function noRepository(folder: string, evidence: readonly string[] = []): FactoryError {
  const text = `${folder} is not the top folder of a git repository. Go there, or make it one: git init, and a first commit.`
  return new FactoryError('bad_option', text, { evidence })
}
