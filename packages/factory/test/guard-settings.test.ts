import { describe, expect, test } from 'vitest'
import { newDependencies } from '../src/guards/dependencies/new-dependencies.ts'
import { changesTestSettings } from '../src/guards/test-settings.ts'
import type { ChangedFile, FileSide } from '../src/work/change.ts'

function edit(path: string, before: string | undefined, after: string | undefined): ChangedFile {
  const side = (text: string | undefined): FileSide | undefined =>
    text === undefined ? undefined : { kind: 'file', id: text, bytes: text.length, text }
  return { path, isName: true, before: side(before), after: side(after), added: [], removed: [] }
}

function fresh(path: string, before: string | undefined, after: string | undefined): readonly string[] {
  const files = [edit(path, before, after)]
  const found = newDependencies({ base: 'base', tree: 'tree', files, addedLines: 0, removedLines: 0 })
  return [
    ...found.fresh.map(({ name }) => name),
    ...found.unreadable.map((unreadable) => `${unreadable} can’t be read`),
  ]
}

describe('G4: what a change begins to depend on', () => {
  const cases: readonly (readonly [path: string, before: string, after: string, fresh: readonly string[]])[] = [
    ['requirements.txt', 'My_Pkg==1', 'my-pkg==2\n# why\nnew[extra]>=1 ; python_version < "4"\n-r other.txt', ['new']],
    [
      'requirements/dev.txt',
      '',
      '-e ./local\ngit+https://host/x.git#egg=x\nx @ https://host/x.whl',
      ['./local', 'git+https://host/x.git', 'x'],
    ],
    ['requirements.in', 'a', 'a --hash=sha256:00\n  b', ['b']],
    ['pyproject.toml', '[project]\ndependencies = ["a>=1"]', '[project]\ndependencies = ["a>=2", "b[c]~=1"]', ['b']],
    [
      'pyproject.toml',
      '',
      '[project.optional-dependencies]\nx = ["c"]\n[dependency-groups]\ny = ["d", { include-group = "x" }]',
      ['c', 'd'],
    ],
    ['pyproject.toml', '', '[build-system]\nrequires = ["e"]\n[tool.uv]\ndev-dependencies = ["f"]', ['e', 'f']],
    [
      'pyproject.toml',
      '',
      '[tool.poetry.dependencies]\npython = "^3"\nG_h = "1"\n[tool.poetry.group.test.dependencies]\ni = "*"',
      ['g-h', 'i'],
    ],
    [
      'pyproject.toml',
      '',
      '[tool.pdm.dev-dependencies]\nx = ["j"]\n[tool.hatch.envs.y]\nextra-dependencies = ["k"]',
      ['j', 'k'],
    ],
    ['pyproject.toml', '', '[project]\ndependencies = "none"\n[tool]\npoetry = 1', []],
    [
      'a/Cargo.toml',
      '[dependencies]\na = "1"',
      '[dependencies]\na = { version = "2" }\n[dev-dependencies]\nb = "1"',
      ['b'],
    ],
    [
      'Cargo.toml',
      '',
      '[target."cfg(unix)".build-dependencies]\nc = "1"\n[workspace.dependencies]\nd = "1"',
      ['d', 'c'],
    ],
    ['Cargo.toml', '[dependencies]\na = "1"', '[dependencies]\na = { package = "other", version = "1" }', ['other']],
    ['Cargo.toml', '', '[package]\nname = "x"\n[features]\ny = []', []],
    ['Cargo.toml', '', '[dependencies\na = 1', ['Cargo.toml can’t be read']],
    [
      'go.mod',
      'require a.com/a v1.0.0',
      'module x\n\nrequire (\n\ta.com/a v1.1.0\n\tb.com/b v0.1.0 // indirect\n)\n',
      ['b.com/b'],
    ],
    ['go.mod', '', 'go 1.24\n// require c.com/c v1.0.0\nrequire "d.com/d" v1.0.0\nexclude e.com/e v1.0.0', ['d.com/d']],
    [
      'go.mod',
      '',
      'replace (\n\ta.com/a v1.0.0 => f.com/f v1.0.0\n)\nreplace g.com/g => ../g\nretract v1.0.0',
      ['f.com/f', '../g'],
    ],
    [
      'composer.json',
      '{"require":{"php":"8","a/a":"1"}}',
      '{"require":{"php":"9","a/a":"2"},"require-dev":{"b/b":"1","ext-x":"*"}}',
      ['b/b'],
    ],
    ['composer.json', '', '{', ['composer.json can’t be read']],
    ['Gemfile', "gem 'a'", "gem 'a', '~> 2'\n# gem 'c'\n  gem(\"b\")", ['b']],
    ['x.gemspec', '', "s.add_development_dependency 'd', '~> 1'\ns.add_dependency(\"e\")", ['d', 'e']],
    ['docs/requirements.md', '', 'a', []],
  ]
  test.each(cases)('%s: %j becomes %j', (path, before, after, wanted) => {
    expect(fresh(path, before, after)).toEqual(wanted)
  })

  test('a new file brings in all that it names, and one that is gone nothing', () => {
    expect(fresh('Cargo.toml', undefined, '[dependencies]\na = "1"')).toEqual(['a'])
    expect(fresh('Cargo.toml', '[dependencies]\na = "1"', undefined)).toEqual([])
  })
})

describe('G4: how tests are run', () => {
  const cases: readonly (readonly [
    path: string,
    before: string | undefined,
    after: string | undefined,
    changes: boolean,
  ])[] = [
    [
      'pyproject.toml',
      '[tool.pytest.ini_options]\naddopts = "-q"',
      '[tool.pytest.ini_options]\naddopts = "--co"',
      true,
    ],
    ['pyproject.toml', '[tool.pytest.ini_options]\naddopts = "-q"', undefined, true],
    ['pyproject.toml', '[tool.coverage.run]\nbranch = true', '[tool.coverage.run]\nbranch = false', true],
    [
      'pyproject.toml',
      '[tool.pytest.ini_options]\na = "b"',
      '[tool.ruff]\nx = 1\n[tool.pytest.ini_options]\na = "b" # c',
      false,
    ],
    ['pyproject.toml', '', '[tool', true],
    ['Cargo.toml', '[package]\nname = "x"', '[package]\nname = "x"\nautotests = false', true],
    ['Cargo.toml', '[lib]\npath = "a"', '[lib]\npath = "b"', false],
    ['Cargo.toml', '[lib]\npath = "a"', '[lib]\npath = "a"\ntest = false', true],
    ['Cargo.toml', '[[test]]\nname = "a"', '[[test]]\nname = "a"\nharness = false', true],
    ['Cargo.toml', '[dependencies]\na = "1"', '[dependencies]\na = "2"', false],
    ['other.toml', '', '[tool.pytest]\na = 1', false],
  ]
  test.each(cases)('%s: %j becomes %j', (path, before, after, changes) => {
    expect(changesTestSettings(edit(path, before, after))).toBe(changes)
  })
})
