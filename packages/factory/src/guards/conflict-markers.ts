import type { Guard } from './guard.ts'
import { quote } from './quote.ts'

/** Conflict markers that somebody forgot. */
export const conflictMarkersGuard: Guard = {
  name: 'conflict-markers',
  about: 'Lines that a merge with conflicts left behind.',
  policy: 'block',
  check: (change) =>
    change.files.flatMap(({ path, added }) =>
      added
        .filter(({ text }) => /^(?:<{7} |>{7} |\|{7} )/.test(text))
        .map(({ line, text }) => ({
          what: 'a conflict marker',
          path,
          line,
          quote: quote(text),
          certainty: 'sure' as const,
        })),
    ),
}
