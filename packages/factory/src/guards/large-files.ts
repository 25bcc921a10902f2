import type { Finding, Guard } from './guard.ts'

/** Files that make a repository large for ever. */
export const largeFilesGuard: Guard = {
  name: 'large-files',
  about: 'Files that are larger than one file may be, binary files that are new, and texts that became one.',
  policy: 'block',
  check: (change, { budget }) =>
    change.files.flatMap(({ path, before, after }): readonly Finding[] => {
      if (!after || after.kind === 'repository') return []
      if (after.bytes > budget.fileBytes && after.bytes > (before?.bytes ?? 0)) {
        const what = `a file of ${after.bytes} bytes; at most ${budget.fileBytes}`
        return [{ what, path, certainty: 'sure' }]
      }
      const isBinary = after.text === undefined && after.bytes > 0
      if (isBinary && !before) return [{ what: 'a new binary file', path, certainty: 'maybe' }]
      // One byte is enough, and no guard reads its lines any more, while a shell or git still does.
      const wasText = before !== undefined && before.text !== undefined
      return isBinary && wasText ? [{ what: 'a text became a binary file', path, certainty: 'maybe' }] : []
    }),
}
