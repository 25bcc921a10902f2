import type { Finding, Guard } from './guard.ts'

/** Files that make a repository large for ever. */
export const largeFilesGuard: Guard = {
  name: 'large-files',
  about: 'Files that are larger than one file may be, and binary files that are new.',
  policy: 'block',
  check: (change, { budget }) =>
    change.files.flatMap(({ path, before, after }): readonly Finding[] => {
      if (!after || after.kind === 'repository') return []
      if (after.bytes > budget.fileBytes && after.bytes > (before?.bytes ?? 0)) {
        const what = `a file of ${after.bytes} bytes; at most ${budget.fileBytes}`
        return [{ what, path, certainty: 'sure' }]
      }
      const isBinary = after.text === undefined && after.bytes > 0
      return isBinary && !before ? [{ what: 'a new binary file', path, certainty: 'maybe' }] : []
    }),
}
