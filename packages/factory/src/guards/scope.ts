import { createPathMatcher } from '../paths.ts'
import type { Finding, Guard } from './guard.ts'

/** A change stays in the surfaces of its lane, and leaves what is protected as it is. */
export const scopeGuard: Guard = {
  name: 'scope',
  about: 'Files outside of the surfaces of the lane, forbidden files, and protected files.',
  policy: 'block',
  check(change, { allowed, forbidden, putBack }) {
    const isAllowed = allowed.length === 0 ? () => true : createPathMatcher(allowed)
    const isForbidden = createPathMatcher(forbidden, { ignoreCase: true })
    const findings: Finding[] = putBack.map(({ path, was }) => ({
      what: `a protected path was ${was === 'in the way' ? 'replaced' : was}; it is as in the base again`,
      path,
      certainty: 'sure',
    }))
    const isBack = new Set(putBack.map(({ path }) => path))
    for (const { path } of change.files) {
      if (isBack.has(path)) continue
      if (isForbidden(path)) findings.push({ what: 'the lane may not touch this', path, certainty: 'sure' })
      else if (!isAllowed(path))
        findings.push({ what: 'this is outside of the surfaces of the lane', path, certainty: 'sure' })
    }
    return findings
  },
}
