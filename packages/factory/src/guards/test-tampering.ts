import { createPathMatcher } from '../paths.ts'
import type { ChangedFile, ChangedLine } from '../work/change.ts'
import type { Finding, Guard } from './guard.ts'
import { readManifest } from './package-json.ts'
import { quote } from './quote.ts'
import { changesTestSettings } from './test-settings.ts'

/** Files that decide which tests run and what counts as passed, also where a disk or a program takes no notice of case. */
const runnerFiles = createPathMatcher(
  [
    '**/vitest.{config,workspace,setup}.*',
    '**/vite.config.*',
    '**/jest.{config,setup}.*',
    '**/.mocharc*',
    '**/karma.conf.*',
    '**/playwright.config.*',
    '**/cypress.config.*',
    '**/ava.config.*',
    '**/{,.}pytest.ini',
    '**/tox.ini',
    '**/noxfile.py',
    '**/conftest.py',
    '**/setup.cfg',
    '**/sitecustomize.py',
    '**/usercustomize.py',
    '**/.coveragerc',
    '**/{,GNU}Makefile',
    '**/{,.}justfile',
    '**/Taskfile.y{,a}ml',
    '**/.nycrc*',
    '**/codecov.y{,a}ml',
  ],
  { ignoreCase: true },
)

/** A test that is skipped, left to do, or alone. */
const skips =
  /\b(?:x(?:it|test|describe|specify))\s*[(`]|(?<![.\w])f(?:it|describe)\s*\(\s*['"`]|\b(?:it|test|describe|suite|context|specify)(?:\.(?:concurrent|sequential|shuffle))*\.(?:skip|todo|fails?|failing|only|skipIf|runIf)\b|@(?:pytest\.mark\.)?(?:skip|skipif|xfail)\b|@unittest\.(?:skip|skipIf|skipUnless|expectedFailure)\b|\bpytest\.(?:skip|xfail)\(|\bself\.skipTest\(|\bt\.Skip(?:f|Now)?\(|#\[ignore\b|@(?:Disabled|Ignore)\b|\bthis\.skip\(\)|\bt\.(?:skip|todo)\(|[{,]\s*(?:(?:skip|todo):\s*(?:true|['"])|only:\s*true)/
/** A skip that depends on something. */
const depends = /\bif\b|[sS]kip[iI]f|[rR]unIf|skipUnless|\bskip\([^)'"`]/
/** What ends a run before its tests do, or changes what they say. */
const escapes =
  /\bprocess\.(?:exit|reallyExit)\s*\(\s*0?\s*\)|\b(?:sys|os)\._?exit\s*\(\s*0?\s*\)|\bprocess\.exitCode\s*=\s*0\b|\bos\.Exit\(0\)|\bstd::process::exit\(0\)|^\s*exit(?:\s+0)?\s*;?\s*$|\|\|\s*(?:true|exit 0|:)\s*(?:$|[;&"'])|\bset \+e\b|pytest_(?:sessionfinish|runtest_makereport|collection_modifyitems|report_teststatus|terminal_summary)\b|\.exitstatus\s*=|\b__eq__\b.*return True|--passWithNoTests|passWithNoTests:\s*true|bail:\s*false\b.*exit/
/** Code outside of tests that asks whether it is tested. */
const tested =
  /\bprocess\.env\.(?:VITEST|JEST_WORKER_ID|NODE_TEST_CONTEXT|TEST|CI)\b|process\.env\[['"](?:VITEST|JEST_WORKER_ID|NODE_TEST_CONTEXT|TEST|CI)['"]\]|NODE_ENV['"\]]*\s*={2,3}\s*['"]test['"]|\bPYTEST_CURRENT_TEST\b|['"]pytest['"] in sys\.modules|\bimport\.meta\.vitest\b|\binspect\.stack\(\)|\btesting\.Testing\(\)|\bcfg!\(test\)|new Error\(\)\.stack.*test/i
/** Reaching past the runner: its pipes and reports, or what it prints. */
const forges =
  /\/proc\/|\/dev\/fd\/|<testsuite|<testcase|[ℹ#] (?:pass|tests|fail) [\d$]|Tests:? +[\d$][^'"]*passed|test result: ok|\bos\.write\(\s*[3-9]|\bwriteSync\(\s*[3-9]\b/
/** In a product these may be right; in a change that has to pass tests, somebody should look. */
const ends = /\bprocess\.(?:exit|reallyExit)\s*\(\s*0?\s*\)|\b(?:sys|os)\._?exit\s*\(\s*0?\s*\)|\bos\.Exit\(0\)/
const assertion =
  /\b(?:expect|assert\w*|should|require\.\w+|t\.(?:Error|Fatal)f?|ok|equal|deepEqual|strictEqual|throws)\b\s*[(.!]|^\s*assert\s/
const vacuous =
  /\bexpect\s*\(\s*(?:true|1|!0)\s*\)\s*\.\s*(?:toBe\s*\(\s*(?:true|1)\s*\)|toBeTruthy|toEqual\s*\(\s*(?:true|1)\s*\))|\bassert(?:\.ok|_|!)?\s*\(\s*(?:true|True|1)\s*\)|^\s*assert\s+(?:True|1)\b|assertTrue\(\s*True\s*\)/
const beginning =
  /\b(?:it|test|specify)(?:\.\w+)*\s*[(`]|^\s*(?:async )?def test_\w+|\bfunc (?:Test|Fuzz)\w+|#\[(?:\w+::)?test\]|@Test\b/
/** A line that says nothing to a runner. In Rust `#[` begins what does. */
const comment = /^\s*(?:\/\/|\/\*|\*|#(?!\[))/

/** Tests that are gone, skipped or say less, and code that treats tests apart. */
export const testTamperingGuard: Guard = {
  name: 'test-tampering',
  about:
    'Deleted, skipped or weakened tests, changes of how tests are run, early exits, and code that asks whether it is tested.',
  policy: 'block',
  check(change, { isTest }) {
    // A file that moved is no file that is gone.
    const arrived = new Set(change.files.flatMap(({ before, after }) => (!before && after ? [after.id] : [])))
    return change.files.flatMap((file): readonly Finding[] => {
      const { path, before, after } = file
      if (isTest(path)) {
        if (before && !after) {
          if (arrived.has(before.id)) return []
          // What tests only use may go where nothing uses it any more.
          const hasTests = beginning.test(before.text ?? '') || before.text === undefined
          return [{ what: 'a file of tests was deleted', path, certainty: hasTests ? 'sure' : 'maybe' }]
        }
        return [...testFindings(file), ...exitFindings(file), ...specialFindings(file).filter(isNoQuestion)]
      }
      if (runnerFiles(path)) {
        const what = after ? 'what decides how tests are run was changed' : 'what decides how tests are run was deleted'
        return [{ what, path, certainty: 'maybe' }, ...exitFindings(file)]
      }
      if (changesTestSettings(file))
        return [{ what: 'how tests are run was changed in it', path, certainty: 'maybe' }, ...specialFindings(file)]
      if (/(^|\/)package\.json$/.test(path)) return manifestFindings(file)
      return [...(isScript(file) ? exitFindings(file) : []), ...specialFindings(file)]
    })
  },
}

function testFindings({ path, before, added, removed }: ChangedFile): readonly Finding[] {
  const found: Finding[] = []
  const oldLines = new Set(removed.map(({ text }) => text.trim()))
  for (const { line, text: whole } of added) {
    const text = whole.slice(0, maxLine)
    if (oldLines.has(whole.trim())) continue
    if (skips.test(text)) {
      // One that depends on the machine, or in a file that is new, takes nothing away by itself: somebody should look.
      const certainty = before === undefined || depends.test(text) ? 'maybe' : 'sure'
      found.push({ what: 'a test is skipped', path, line, quote: quote(text), certainty })
    }
    if (vacuous.test(text))
      found.push({ what: 'an assertion that can’t fail', path, line, quote: quote(text), certainty: 'sure' })
  }
  if (!before) return found
  const newLines = new Set(added.map(({ text }) => text.trim()))
  const gone = (form: RegExp) =>
    removed.filter((line) => has(form)(line) && !has(comment)(line) && !newLines.has(line.text.trim()))
  const came = (form: RegExp) =>
    added.filter((line) => has(form)(line) && !has(comment)(line) && !has(vacuous)(line)).length
  const tests = gone(beginning)
  if (tests.length > came(beginning)) {
    for (const { line, text } of tests.slice(0, 5))
      found.push({ what: 'a test was removed', path, line, quote: quote(text), certainty: 'sure' })
  }
  const assertions = gone(assertion)
  if (assertions.length > came(assertion)) {
    for (const { line, text } of assertions.slice(0, 5))
      found.push({ what: 'an assertion was removed', path, line, quote: quote(text), certainty: 'sure' })
  } else {
    for (const { line, text } of assertions.slice(0, 5))
      found.push({ what: 'an assertion says something else now', path, line, quote: quote(text), certainty: 'maybe' })
  }
  return found
}

/** What is looked at of a line: hostile ones are a megabyte long. That one is longer is a finding of its own. */
const maxLine = 4_000

function has(form: RegExp): (line: ChangedLine) => boolean {
  return ({ text }) => form.test(text.slice(0, maxLine))
}

function exitFindings({ path, added }: ChangedFile): readonly Finding[] {
  return added.filter(has(escapes)).map(({ line, text }) => ({
    what: 'an end or a result that does not depend on the tests',
    path,
    line,
    quote: quote(text),
    certainty: 'sure',
  }))
}

function specialFindings({ path, added }: ChangedFile): readonly Finding[] {
  if (/\.(md|txt|json|ya?ml|lock|svg|html?|css)$/i.test(path)) return []
  const long = added.filter(({ text }) => text.length > maxLine)
  return [
    ...added.filter(has(tested)).map(({ line, text }): Finding => {
      const what = 'code that asks whether it is being tested'
      return { what, path, line, quote: quote(text), certainty: 'sure' }
    }),
    ...added.filter(has(forges)).map(({ line, text }): Finding => {
      const what = 'code that could speak for the test runner'
      return { what, path, line, quote: quote(text), certainty: 'maybe' }
    }),
    ...added.filter(has(ends)).map(({ line, text }): Finding => {
      const what = 'code that ends the process as if all were well'
      return { what, path, line, quote: quote(text), certainty: 'maybe' }
    }),
    ...long.map(({ line, text }): Finding => {
      const what = `a line of ${text.length} characters, which nobody reads to its end`
      return { what, path, line, quote: quote(text.slice(0, 200)), certainty: 'maybe' }
    }),
  ]
}

/** A test may know that it is one. */
function isNoQuestion({ certainty }: Finding): boolean {
  return certainty === 'maybe'
}

function manifestFindings({ path, before, after }: ChangedFile): readonly Finding[] {
  const [old, now] = [readManifest(before?.text), readManifest(after?.text)]
  const found: Finding[] = []
  for (const name of new Set([...Object.keys(old.scripts), ...Object.keys(now.scripts)])) {
    if (!/^(pre|post)?(test|check|ci|verify|lint|typecheck)\b/.test(name) || old.scripts[name] === now.scripts[name])
      continue
    if (!before) continue
    const what = `the script "${name}" was ${now.scripts[name] === undefined ? 'removed' : 'changed'}`
    found.push({ what, path, quote: quote(now.scripts[name] ?? old.scripts[name] ?? ''), certainty: 'sure' })
  }
  for (const name of ['jest', 'mocha', 'ava', 'vitest', 'nyc', 'c8']) {
    if (before && JSON.stringify(old.fields[name]) !== JSON.stringify(now.fields[name]))
      found.push({ what: `the settings of ${name} were changed`, path, certainty: 'sure' })
  }
  return found
}

function isScript({ path, before, after }: ChangedFile): boolean {
  const text = after?.text ?? before?.text ?? ''
  return /\.(sh|bash|zsh|mk|ps1|bat|cmd)$/.test(path) || text.startsWith('#!')
}
