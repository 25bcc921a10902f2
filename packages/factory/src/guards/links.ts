import { linkFault } from '../paths.ts'
import type { Finding, Guard } from './guard.ts'
import { quote } from './quote.ts'

/** No links out of the repository, and no other repositories in it. */
export const linksGuard: Guard = {
  name: 'links',
  about: 'Symbolic links that lead out of the repository, and submodules that are new or point elsewhere.',
  policy: 'block',
  check(change) {
    return change.files.flatMap(({ path, before, after }): readonly Finding[] => {
      if (after?.kind === 'repository')
        return [{ what: 'a submodule was added or changed', path, quote: after.id, certainty: 'sure' }]
      if (path === '.gitmodules' && after !== undefined && before?.id !== after.id)
        return [{ what: 'the list of submodules was changed', path, certainty: 'sure' }]
      if (after?.kind !== 'link') return []
      const target = after.text ?? ''
      const fault = linkFault(path, target)
      if (fault !== undefined)
        return [{ what: `a symbolic link: ${fault}`, path, quote: quote(target), certainty: 'sure' }]
      if (before && before.kind !== 'link')
        return [{ what: 'a file became a symbolic link', path, quote: quote(target), certainty: 'maybe' }]
      return []
    })
  },
}
