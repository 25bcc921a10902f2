// npm run spec [-- folder]: compares the rules of SPEC.md with the titles of the tests. Prints the rules that no test
// names and the ids in titles that are no rules; exits non-zero when there are any.
//
// A rule is a table row whose first cell is an id: `| L3a | … |`. A test names rules at the start of its title, or its
// describe's does: `L3a: …`, `R3 R4: …`, `S5 …`. Tests that are skipped or to do name nothing.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = path.resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)))

const id = /[A-Z]\d+[a-z]?/
const row = new RegExp(`^\\|\\s*\`?(${id.source})\`?\\s*\\|`)
const named = new RegExp(`^(${id.source}(?:[ ,]+${id.source})*)(?=:|\\s|$)`)
/** `test('…`, `describe.each(…)('…`: what stands before a title, and the title up to its closing quote. */
const call = /\b(?:test|it|describe|suite)((?:\.\w+)*)\s*(?:<[^>\n]*>)?\(\s*(['"`])((?:\\.|(?!\2)[^\\])*)\2/g
/** The second pair of parentheses of `each`, whose first pair can hold anything. Only titles that begin with an id count. */
const eachCall = new RegExp(
  `\\)\\s*\\(\\s*(['"\`])(${id.source}(?:[ ,]+${id.source})*:(?:\\\\.|(?!\\1)[^\\\\])*)\\1`,
  'g',
)

function files(folder) {
  try {
    return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
      .filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`))
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function packages() {
  try {
    return readdirSync(path.join(root, 'packages'))
  } catch {
    return []
  }
}

/** Ids at the start of the titles in a file, with where they stand. */
function idsOf(file) {
  // Lines of comments are blanked and not removed, so that positions stay.
  const text = readFileSync(file, 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, (line) => ' '.repeat(line.length))
  const titles = [
    ...[...text.matchAll(call)]
      .filter((match) => !/\.(?:skip|todo)\b/.test(match[1]))
      .map((match) => [match.index, match[3]]),
    ...[...text.matchAll(eachCall)].map((match) => [match.index, match[2]]),
  ]
  return titles.flatMap(([index, title]) => {
    const found = named.exec(title)
    const line = text.slice(0, index).split('\n').length
    return found
      ? found[1].split(/[ ,]+/).map((rule) => ({ rule, at: `${path.relative(root, file)}:${line}`, title }))
      : []
  })
}

const rules = readFileSync(path.join(root, 'SPEC.md'), 'utf8')
  .split('\n')
  .flatMap((line) => row.exec(line)?.[1] ?? [])
const known = new Set(rules)
const uses = [...packages().flatMap((name) => [`packages/${name}/src`, `packages/${name}/test`]), 'test']
  .flatMap((folder) => files(folder))
  .flatMap((file) => idsOf(file))
const tested = new Set(uses.map(({ rule }) => rule))

const twice = rules.filter((rule, index) => rules.indexOf(rule) !== index)
const unknown = uses.filter(({ rule }) => !known.has(rule))
const untested = [...known].filter((rule) => !tested.has(rule))

for (const rule of twice) console.log(`${rule} stands twice in SPEC.md`)
for (const { rule, at, title } of unknown) console.log(`${rule} is no rule of SPEC.md: ${at} "${title}"`)
for (const rule of untested) console.log(`${rule} is named by no test`)
console.log(`${untested.length} untested rules`)
process.exitCode = twice.length + unknown.length + untested.length > 0 ? 1 : 0
