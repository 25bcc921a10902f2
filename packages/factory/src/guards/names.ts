import type { Change, ChangedFile } from '../work/change.ts'
import type { Finding, Guard } from './guard.ts'
import { quote } from './quote.ts'

// What turns text around or is not seen: a reader sees another program than the compiler does.
const turning = /[\u202A-\u202E\u2066-\u2069]/u
const invisible = /[\u200B-\u200F\u061C\u2060\uFEFF\u00AD]/u
const control = /[\u0000-\u001F\u007F]/u // eslint-disable-line no-control-regex -- these are what is looked for
// Letters of other scripts that look like Latin ones.
const lookAlike = /[\u0370-\u03FF\u0400-\u052F\u2100-\u214F\uFF01-\uFF5E]/u
const latin = /[A-Za-z]/

/** Names and lines that look like something else than they are. */
export const namesGuard: Guard = {
  name: 'names',
  about:
    'Names with control, invisible or look-alike characters, names that differ in case only, and text that turns around.',
  policy: 'block',
  check(change) {
    return [...change.files.flatMap((file) => nameFindings(file)), ...turnedText(change)]
  },
}

function nameFindings({ path, isName, twin, after }: ChangedFile): readonly Finding[] {
  if (after === undefined) return []
  const found: Finding[] = []
  const add = (what: string, certainty: Finding['certainty'] = 'sure') =>
    found.push({ what, path: quote(path), certainty })
  if (!isName) add('a name that is no valid UTF-8')
  if (control.test(path)) add('a name with control characters')
  if (turning.test(path)) add('a name with characters that turn the text around')
  if (invisible.test(path)) add('a name with characters that are not seen')
  if (path !== path.normalize('NFC')) add('a name with characters that are put together (not NFC)', 'maybe')
  const mixed = path.split(/[/. _-]/).some((word) => latin.test(word) && lookAlike.test(word))
  if (mixed) add('a name with letters of another script that look like Latin ones')
  const risky = path.split('/').some((part) => /^(\.git|git~\d+)[. ]*$/i.test(part) || /[. ]$/.test(part))
  if (risky) add('a name that some systems take for another one')
  if (twin !== undefined) add(`a name that is ${quote(twin)} on some disks`)
  return found
}

function turnedText(change: Change): readonly Finding[] {
  return change.files.flatMap(({ path, added }) =>
    added
      .filter(({ text }) => turning.test(text))
      .map(({ line, text }) => ({
        what: 'characters that turn the text around',
        path: quote(path),
        line,
        quote: quote(text),
        certainty: 'sure' as const,
      })),
  )
}
