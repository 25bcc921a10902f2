import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  agentProfiles,
  assignVersion,
  checkFactory,
  chooseArm,
  commitSource,
  deploySkills,
  exportSkill,
  faultInWords,
  fetchSkills,
  floorConfig,
  folderSource,
  hashSkill,
  loadFloor,
  loadSkill,
  openVault,
  parseSkill,
  profiledAgent,
  readSkills,
  setTrial,
  skillSection,
  skillsFor,
  starterSkills,
  versionOf,
  type SkillFile,
} from '../src/index.ts'
import { armsOf, laneWith } from '../src/lane/lane-arms.ts'
import { referencesOf } from '../src/skills/links-out.ts'
import { testFolder, workTree, type WorkTree } from './support/git-repository.ts'

const file = '.headrace/skills/fixer/SKILL.md'
const text = (front: string, body = '# Fix it\n'): string => `---\n${front}---\n\n${body}`
const good = 'name: fixer\ndescription: Repairs tests. Use when one fails.\n'

/** What is said of a SKILL.md in a folder, without the path that all of it begins with. */
function faultsOf(front: string, folder = 'fixer'): readonly string[] {
  const parsed = parseSkill({ file, folder, text: front.startsWith('---') ? front : text(front) })
  return 'matter' in parsed ? [] : parsed.map((fault) => faultInWords(fault).replace(`${file}:`, ''))
}

describe('K1a: a SKILL.md is what the Agent Skills specification says', () => {
  test('K1a all its fields are read, and every value is text', () => {
    const front = `${good}license: Apache-2.0\ncompatibility: Needs git\nmetadata:\n  author: ada\n  version: 1.0\nallowed-tools: Bash(git:*) Read\n`
    const parsed = parseSkill({ file, folder: 'fixer', text: text(front) })
    expect(parsed).toMatchObject({
      matter: {
        name: 'fixer',
        description: 'Repairs tests. Use when one fails.',
        license: 'Apache-2.0',
        compatibility: 'Needs git',
        metadata: { author: 'ada', version: '1.0' },
        allowedTools: 'Bash(git:*) Read',
      },
      body: '\n# Fix it\n',
      bodyLine: 11,
    })
  })

  test('K1a names that may be, also in other scripts, and as they are compared', () => {
    for (const name of ['a', 'pdf-2', 'fix-3-tests', '技能', 'мой-навык', `${'a'.repeat(64)}`])
      expect([name, faultsOf(`name: ${name}\ndescription: x\n`, name)]).toEqual([name, []])
    // A composed letter and the same one in two pieces, and digits that look alike.
    expect(faultsOf('name: cafe\u0301\ndescription: x\n', 'caf\u00e9')).toEqual([])
    expect(faultsOf('name: " fixer "\ndescription: x\n')).toEqual([])
  })

  test.each([
    ['no front matter', '# Fix it\n', ['1:1 must begin with front matter between two lines "---"']],
    ['front matter without an end', '---\nname: fixer\n', ['1:1 must begin with front matter']],
    ['no name', 'description: x\n', ['2:1 name: is missing']],
    ['no description', 'name: fixer\n', ['2:1 description: is missing']],
    ['an empty description', 'name: fixer\ndescription: "  "\n', ['3:1 description: must not be empty']],
    ['a description that is a list', 'name: fixer\ndescription: [a]\n', ['3:1 description: must be text']],
    [
      'a long description',
      `name: fixer\ndescription: ${'x'.repeat(1_025)}\n`,
      ['3:1 description: has 1025 characters'],
    ],
    ['an upper-case name', 'name: Fixer\ndescription: x\n', ['2:1 name: must be in lower case']],
    ['a name with an underscore', 'name: my_fixer\ndescription: x\n', ['2:1 name: may have letters, digits']],
    ['a name with a slash', 'name: ../fixer\ndescription: x\n', ['2:1 name: may have letters, digits']],
    ['a name that begins with a hyphen', 'name: -fixer\ndescription: x\n', ['2:1 name: must not begin or end']],
    ['a name with two hyphens', 'name: a--b\ndescription: x\n', ['2:1 name: must not have two hyphens']],
    ['a long name', `name: ${'a'.repeat(65)}\ndescription: x\n`, ['2:1 name: has 65 characters; at most 64']],
    [
      'another name than its folder',
      'name: mender\ndescription: x\n',
      ['2:1 name: must be the name of its folder, "fixer"'],
    ],
    ['a field of another tool', `${good}model: large\n`, ['4:1 model: is no field of a skill; those are name, ']],
    [
      'a long compatibility',
      `${good}compatibility: ${'x'.repeat(501)}\n`,
      ['4:1 compatibility: has 501 characters; at most 500'],
    ],
    ['an empty compatibility', `${good}compatibility: ""\n`, ['4:1 compatibility: must not be empty']],
    ['metadata that is no map', `${good}metadata: [a]\n`, ['4:1 metadata: must be keys with texts']],
    ['metadata with more than texts', `${good}metadata:\n  a: { b: c }\n`, ['5:3 metadata.a: must be text']],
    ['tools as a list', `${good}allowed-tools:\n  - Read\n`, ['4:1 allowed-tools: must be text']],
    ['the same key twice', `${good}name: fixer\n`, ['4:1 Map keys must be unique']],
    ['an object that a tag makes', `${good}license: !!js/function x\n`, ['4:10 Unresolved tag']],
    ['YAML that is none', 'name: [\n', ['3:1 ']],
    ['several faults at once', 'name: A_\nextra: 1\n', ['2:1 name: ', '2:1 description: is missing', '3:1 extra: ']],
  ])('K1a %s is refused with line and key', (_what, front, wanted) => {
    const found = faultsOf(front.startsWith('#') ? `${front}\n---` : front)
    const told = front.startsWith('#')
      ? (parseSkill({ file, folder: 'fixer', text: front }) as readonly { line: number; what: string }[]).map(
          ({ line, what }) => `${line}:1 ${what}`,
        )
      : found
    expect(told.toSorted()).toEqual(wanted.toSorted().map((part) => expect.stringContaining(part) as string))
  })
})

function repository(files: Parameters<WorkTree['write']>[0]): WorkTree {
  const tree = workTree(path.join(testFolder(), 'repo'))
  tree.write(files)
  return tree
}

const check = async (tree: WorkTree) => {
  const { skills, faults, notes } = await readSkills(folderSource(tree.folder))
  return { names: Object.keys(skills), faults: faults.map(faultInWords), notes: notes.map(faultInWords) }
}

describe('K1b: a skill is plain files within bounds, and nothing in it leads out of its folder', () => {
  test('K1b what lies beside SKILL.md belongs to it', async () => {
    const tree = repository({
      [file]: text(good, 'See [the list](references/list.md) and [the web](https://example.test/x).\n'),
      '.headrace/skills/fixer/references/list.md': '[back](../SKILL.md)\n',
      '.headrace/skills/fixer/scripts/run.sh': '#!/bin/sh\n',
      '.headrace/skills/README.md': 'What these are.\n',
    })
    expect(await check(tree)).toEqual({ names: ['fixer'], faults: [], notes: [] })
  })

  test.each([
    ['a link out of it', '[x](../../factory.yaml)', 'refers to ../../factory.yaml: it leads out of the skill'],
    ['a way out that is written in another way', '[x](a/%2e%2e/..%5C../y)', 'it leads out of the skill'],
    ['a path of the machine', '![x](/etc/passwd)', 'refers to /etc/passwd: it names a file of the machine'],
    ['a path of the home', '[x](~/.ssh/id_ed25519)', 'it names a file of the machine'],
    ['a file address', '[x](file:///etc/passwd)', 'it names a file of the machine'],
    ['a definition of a link', '[x]: ../other/SKILL.md', 'it leads out of the skill'],
    ['a file that is taken in', 'Read @~/.aws/credentials first.', 'it names a file of the machine'],
  ])('K1b %s is refused with its line', async (_what, body, wanted) => {
    const tree = repository({ [file]: text(good, `# Fix\n\n${body}\n`) })
    const { faults } = await check(tree)
    expect(faults).toEqual([expect.stringContaining(wanted)])
    // Below two lines of text and no front matter.
    expect(faults[0]).toMatch(/SKILL\.md:\d+:1 /)
  })

  test('K1b what stands in a fence is an example', async () => {
    expect((await check(repository({ [file]: text(good, '```\n[x](../../y)\n```\n') }))).faults).toEqual([])
  })

  test.each([
    ['another fence with a language ends none', '```\n```js\n[x](../../y)\n```\n', []],
    ['a shorter one, or one of another kind, ends none', '````\n```\n~~~~\n[x](../../y)\n````\n', []],
    ['what comes after it is none', '```\n```js\n```\n[x](../../y)\n', ['../../y']],
    ['three backticks in a line are none', '```a```\n[x](../../y)\n```b```\n', ['../../y']],
    ['a longer one ends it', '~~~\n~~~~\n[x](../../y)\n', ['../../y']],
  ] as const)('K1b what is an example, a reader sees as one: %s', (_what, body, out) => {
    const leading = referencesOf(body, 'SKILL.md').filter(({ leads }) => 'out' in leads)
    expect(leading.map(({ target }) => target)).toEqual(out)
  })

  test('K1b links, other repositories and huge files are refused, in a folder and in a commit', async () => {
    const tree = repository({ [file]: text(good), 'secret.txt': 'secret\n' })
    const place = path.join(tree.folder, '.headrace/skills')
    symlinkSync('../../../secret.txt', path.join(place, 'fixer/notes.txt'))
    mkdirSync(path.join(place, 'large'))
    writeFileSync(path.join(place, 'large/SKILL.md'), text(good.replaceAll('fixer', 'large')))
    writeFileSync(path.join(place, 'large/data.bin'), Buffer.alloc(262_145))
    mkdirSync(path.join(place, 'long'))
    writeFileSync(path.join(place, 'long/SKILL.md'), text(good.replaceAll('fixer', 'long'), 'x'.repeat(65_536)))
    mkdirSync(path.join(place, 'many'))
    for (let n = 0; n < 101; n += 1) writeFileSync(path.join(place, `many/${n}.txt`), '')
    mkdirSync(path.join(place, 'empty'))
    writeFileSync(path.join(place, 'empty/skill.md'), text(good.replaceAll('fixer', 'empty')))
    symlinkSync('fixer', path.join(place, 'alias'))
    const wanted = [
      expect.stringMatching(/skills\/alias:1:1 is no folder of its own/),
      expect.stringMatching(/empty\/SKILL\.md:1:1 is missing; .*empty\/skill\.md must be called SKILL\.md/),
      expect.stringMatching(/fixer\/notes\.txt:1:1 is a link/),
      expect.stringMatching(/large\/data\.bin:1:1 has 262145 bytes; at most 262144/),
      expect.stringMatching(/long\/SKILL\.md:1:1 has \d+ bytes; at most 65536/),
      expect.stringMatching(/many:1:1 has 101 files; a skill has at most 100/),
    ]
    expect((await check(tree)).faults.toSorted()).toEqual(wanted)
    tree.commit('first')
    const vault = await openVault({ folder: path.join(tree.folder, '../vault.git'), origin: tree.folder, base: 'main' })
    await vault.refresh()
    const read = await readSkills(await commitSource(vault, await vault.head()))
    expect(read.faults.map(faultInWords).toSorted()).toEqual(wanted)
    expect(read.skills).toEqual({})
  })

  test('K1b two skills of one name are refused, also where only git can tell them apart', async () => {
    const two = (folder: string) => ({
      path: `.headrace/skills/${folder}/SKILL.md`,
      mode: '100644',
      bytes: 10,
      content: async () => Buffer.from(text('name: fixer\ndescription: x\n')),
    })
    const source = {
      read: async () => undefined,
      list: async () => [],
      entries: async () => [two('fixer'), two('ﬁxer')],
    }
    expect((await readSkills(source)).faults.map(faultInWords)).toEqual([
      '.headrace/skills/ﬁxer/SKILL.md:1:1 name: is a second skill of the name that .headrace/skills/fixer has',
    ])
  })

  test('K1b a path that leads out of a tree that somebody has built by hand is refused', async () => {
    const entry = (name: string) => ({
      path: `.headrace/skills/fixer/${name}`,
      mode: '100644',
      bytes: 1,
      content: async () => Buffer.from('x'),
    })
    for (const name of ['../../x', 'a//b', '.git/hooks/x', 'a\\..\\b', 'a\u202eb', 'a\uFFFDb']) {
      const source = {
        read: async () => undefined,
        list: async () => [],
        entries: async () => [entry('SKILL.md'), entry(name)],
      }
      const { faults } = await readSkills(source)
      expect([name, faults.length]).toEqual([name, 1])
    }
  })

  test('F9d a lane that names a skill which is not there, or twice, is told so by line and key', async () => {
    const tree = repository({
      '.headrace/factory.yaml':
        'base: main\ngate:\n  test: npm test\nagents:\n  own: { kind: acp, command: [agent] }\n',
      '.headrace/lanes/bugs.md':
        '---\nkind: bug\nagent: own\noversight: propose\nskills: [fixer, mender, fixer]\n---\n\n## Goal\n\nX\n\n## Done when\n\nY\n',
      [file]: text(good),
    })
    const { faults } = await checkFactory(folderSource(tree.folder))
    expect(faults.map(faultInWords)).toEqual([
      '.headrace/lanes/bugs.md:5:1 skills[1]: names the skill "mender", which .headrace/skills does not have (fixer)',
      '.headrace/lanes/bugs.md:5:1 skills[2]: names the skill "fixer" twice',
    ])
  })
})

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

describe('K1: versions', () => {
  const files: readonly SkillFile[] = [
    { path: 'SKILL.md', mode: '100644', content: bytes('a') },
    { path: 'scripts/run.sh', mode: '100755', content: bytes('b') },
  ]

  test('K1 the hash is of content, modes and paths, and of nothing else', () => {
    const hash = hashSkill(files)
    expect(hashSkill(files.toReversed())).toBe(hash)
    expect(hash).toBe('9ff8cea9049bf4f6e0dcaabcb25460515e3d9f1dfb80108f39470404134c629d')
    const [main, run] = files as [SkillFile, SkillFile]
    for (const other of [
      [main],
      [main, { ...run, mode: '100644' as const }],
      [main, { ...run, path: 'scripts/ran.sh' }],
      [main, { ...run, content: bytes('c') }],
    ])
      expect(hashSkill(other)).not.toBe(hash)
  })

  test('K1 a version is had from its commit wherever the base is by now, and from nowhere else', async () => {
    const tree = repository({ [file]: text(good) })
    const first = tree.commit('first')
    const vault = await openVault({ folder: path.join(tree.folder, '../vault.git'), origin: tree.folder, base: 'main' })
    const { skills } = await readSkills(folderSource(tree.folder))
    const { hash = '' } = skills['fixer'] ?? {}
    tree.write({ [file]: text(good, '# Other words\n') })
    const second = tree.commit('second')
    await vault.refresh()
    expect(versionOf(await loadSkill(vault, { name: 'fixer', hash, commit: first }))).toBe(`fixer@${hash.slice(0, 12)}`)
    await expect(loadSkill(vault, { name: 'fixer', hash, commit: second })).rejects.toMatchObject({
      code: 'skill_invalid',
      message: expect.stringMatching(
        /^The skill fixer@\w{12} can't be had from .*: fixer@\w{12} stands there/,
      ) as string,
    })
  })

  test('K1c a comparison gives each task one version, the same each time, in the share that was asked for', () => {
    const pin = (letter: string) => ({ name: 'fixer', hash: letter.repeat(64), commit: 'c'.repeat(40) })
    const trial = { against: pin('b'), share: 30 }
    const skill = { name: 'fixer', pin: pin('a'), trial }
    const tasks = Array.from({ length: 2_000 }, (_, index) => `T${index + 1}`)
    const given = tasks.map((task) => skillsFor(task, [skill])[0]?.version)
    expect(tasks.map((task) => skillsFor(task, [skill])[0]?.version)).toEqual(given)
    const others = given.filter((version) => version === 'fixer@bbbbbbbbbbbb').length
    expect(others).toBeGreaterThan(500)
    expect(others).toBeLessThan(700)
    expect(skillsFor('T1', [skill])[0]).toMatchObject({ trial: ['fixer@aaaaaaaaaaaa', 'fixer@bbbbbbbbbbbb'] })
    expect(assignVersion('T1', 'fixer', trial)).toBe(assignVersion('T1', 'fixer', trial))
    // Both are the same by now: there is nothing to compare.
    expect(skillsFor('T1', [{ ...skill, trial: { against: pin('a'), share: 30 } }])[0]?.trial).toBeUndefined()
    // Whoever chooses better may.
    expect(skillsFor('T1', [skill], () => 'against')[0]?.version).toBe('fixer@bbbbbbbbbbbb')
  })
})

describe('K3: where an agent finds its skills', () => {
  const skill = async () => {
    const { skills } = await readSkills(
      folderSource(
        repository({
          [file]: text(good),
          '.headrace/skills/fixer/scripts/run.sh': '#!/bin/sh\n',
        }).folder,
      ),
    )
    return skills['fixer'] ?? expect.fail('it is valid')
  }

  test('K3 each known agent has the folder of its home where it looks by itself', () => {
    const folders = Object.values(agentProfiles).map((profile) => profiledAgent(profile).skills)
    expect(folders).toEqual([
      { kind: 'folder', folder: '.agents/skills' },
      { kind: 'folder', folder: '.claude/skills' },
      { kind: 'folder', folder: '.config/opencode/skills' },
      { kind: 'folder', folder: '.gemini/skills' },
    ])
  })

  test('K3 they are written there with their modes, in place of what was there, and never where a link leads', async () => {
    const given = await skill()
    const folder = testFolder()
    const [home, outside] = [path.join(folder, 'home'), path.join(folder, 'outside')]
    for (const place of [home, outside]) mkdirSync(place, { recursive: true })
    const form = { kind: 'folder', folder: '.claude/skills' } as const
    const run = path.join(home, '.claude/skills/fixer/scripts/run.sh')
    chmodSync(home, 0o700)
    await deploySkills(home, form, [given])
    expect(readFileSync(path.join(home, '.claude/skills/fixer/SKILL.md'), 'utf8')).toBe(text(good))
    writeFileSync(run, 'changed by its agent')
    mkdirSync(path.join(home, '.claude/skills/own'))
    await deploySkills(home, form, [given])
    expect(readFileSync(run, 'utf8')).toBe('#!/bin/sh\n')
    expect(readdirSync(path.join(home, '.claude/skills'))).toEqual(['fixer'])
    expect(statSync(run).mode & 0o111).toBe(0)

    const other = path.join(folder, 'other')
    mkdirSync(other)
    symlinkSync(outside, path.join(other, '.claude'))
    await deploySkills(other, form, [given])
    expect(readdirSync(outside)).toEqual([])
    expect(existsSync(path.join(other, '.claude/skills/fixer/SKILL.md'))).toBe(true)
  })

  test('K3 an agent that knows no skills is told of them, and where each is', async () => {
    const home = path.join(testFolder(), 'home')
    mkdirSync(home, { recursive: true })
    const deployed = await deploySkills(home, { kind: 'section' }, [await skill()])
    expect(skillSection({ kind: 'section' }, deployed)).toBe(
      `# Skills\n\nEach is a file with instructions. Read those that fit before you begin; paths in them begin at their folder.\n\n- **fixer**: Repairs tests. Use when one fails. (${home}/.agents/skills/fixer/SKILL.md)`,
    )
    expect(skillSection({ kind: 'folder', folder: 'x' }, deployed)).toBe(
      'You have skills for this: fixer. Read those that fit before you begin.',
    )
    expect(skillSection({ kind: 'section' }, [])).toBe('')
  })
})

test('K1a K1b: the skills that come with the factory are valid, short, and have nothing to be noted', async () => {
  const skills = await starterSkills()
  expect(Object.keys(skills).toSorted()).toEqual([
    'bug-reproducer',
    'docs',
    'horizon',
    'refactor',
    'small-feature',
    'test-fixer',
  ])
  for (const { files } of Object.values(skills)) expect(files[0]?.content.length).toBeLessThan(3_000)
})

describe('K4: skills of other repositories', () => {
  const skillText = (name: string): string => text(good.replaceAll('fixer', name))

  test('K4 they are found wherever they lie, checked as ours are, and nothing of their repository is run', async () => {
    const tree = repository({
      'skills/mender/SKILL.md': skillText('mender'),
      'skills/mender/scripts/run.sh': '#!/bin/sh\n',
      '.claude/skills/scout/SKILL.md': skillText('scout'),
      'skills/broken/SKILL.md': skillText('other'),
      'skills/greedy/SKILL.md': `${skillText('greedy')}\n[x](../../../../etc/passwd)\n`,
    })
    symlinkSync('/etc/passwd', path.join(tree.folder, 'skills/scout'))
    mkdirSync(path.join(tree.folder, 'skills/linked'))
    writeFileSync(path.join(tree.folder, 'skills/linked/SKILL.md'), skillText('linked'))
    symlinkSync('/etc/passwd', path.join(tree.folder, 'skills/linked/notes.md'))
    const commit = tree.commit('skills')
    const fetched = await fetchSkills({ url: tree.folder })
    expect(fetched.commit).toBe(commit)
    expect(
      fetched.found.map(({ place, skill, faults }) => [place, skill && versionOf(skill).split('@')[0], faults.length]),
    ).toEqual([
      ['.claude/skills/scout', 'scout', 0],
      ['skills/broken', undefined, 1],
      ['skills/greedy', undefined, 1],
      ['skills/linked', undefined, 1],
      ['skills/mender', 'mender', 0],
    ])
    const own = await readSkills(folderSource(repository({ [file]: text(good) }).folder))
    expect(own.faults).toEqual([])
    for (const url of ['--upload-pack=touch /tmp/x', 'ext::sh -c id', ''])
      await expect(fetchSkills({ url })).rejects.toMatchObject({
        code: expect.stringMatching(/^(bad_option|git_failed)$/) as string,
      })
  })

  test('K4 a repository that is one skill is one, by the name of its address', async () => {
    const tree = workTree(path.join(testFolder(), 'fixer'))
    tree.write({ 'SKILL.md': text(good), 'references/a.md': 'x\n' })
    tree.commit('skill')
    const { found } = await fetchSkills({ url: tree.folder })
    expect(found).toMatchObject([
      { name: 'fixer', skill: { files: [{ path: 'SKILL.md' }, { path: 'references/a.md' }] } },
    ])
  })

  test('K4 one is put on a new branch of another repository, in place of what it had under the name, and moves no other', async () => {
    const ours = await readSkills(
      folderSource(repository({ [file]: text(good), '.headrace/skills/fixer/a.md': 'new\n' }).folder),
    )
    const skill = ours.skills['fixer'] ?? expect.fail('it is valid')
    const other = repository({
      'skills/fixer/SKILL.md': 'old\n',
      'skills/fixer/gone.md': 'x\n',
      'README.md': 'Mine.\n',
    })
    const head = other.commit('theirs')
    const options = { url: other.folder, skill, branch: 'skills/fixer', now: 0 }
    const commit = await exportSkill(options)
    expect(other.git('rev-parse', 'skills/fixer')).toBe(commit)
    expect(other.git('rev-parse', 'skills/fixer^')).toBe(head)
    expect(other.git('rev-parse', 'main')).toBe(head)
    expect(other.git('diff', '--name-status', 'main', 'skills/fixer', '--').split('\n')).toEqual([
      'M\tskills/fixer/SKILL.md',
      'A\tskills/fixer/a.md',
      'D\tskills/fixer/gone.md',
    ])
    await expect(exportSkill({ ...options, now: 1_000 })).rejects.toMatchObject({ code: 'git_failed' })
    expect(other.git('rev-parse', 'skills/fixer')).toBe(commit)
    // It comes back as the version that it was.
    const back = await fetchSkills({ url: other.folder, ref: 'skills/fixer' })
    expect(back.found.map(({ skill: found }) => found && versionOf(found))).toEqual([versionOf(skill)])
    expect(await exportSkill({ ...options, ref: 'skills/fixer', branch: 'again' })).toBeUndefined()
    await expect(exportSkill({ ...options, branch: '../x' })).rejects.toMatchObject({ code: 'bad_option' })
    await expect(exportSkill({ ...options, folder: '../x' })).rejects.toMatchObject({ code: 'bad_option' })
  })
})

describe('K1c: two versions are compared where the files say so', () => {
  const factory = 'base: main\ngate:\n  test: npm test\nagents:\n  own: { kind: acp, command: [agent] }\n'
  const lane =
    '---\nkind: bug\nagent: own\noversight: propose\nskills: [fixer]\n---\n\n## Goal\n\nX\n\n## Done when\n\nY\n'

  test('K1c with the version of an earlier commit of the base branch, and of no other', async () => {
    const tree = repository({ '.headrace/factory.yaml': factory, '.headrace/lanes/bugs.md': lane, [file]: text(good) })
    const first = tree.commit('first')
    tree.git('checkout', '-q', '-b', 'side')
    tree.write({ [file]: text(good, '# Nobody has judged this\n') })
    const side = tree.commit('side')
    tree.git('checkout', '-q', 'main')
    const trial = (against: string): string => setTrial(factory, 'fixer', { against, share: 20 })
    tree.write({ [file]: text(good, '# Better words\n'), '.headrace/factory.yaml': trial(first) })
    tree.commit('second')
    const vault = await openVault({ folder: path.join(tree.folder, '../vault.git'), origin: tree.folder, base: 'main' })
    const files = await loadFloor(vault, (await vault.refresh()).head)
    const made = () => ({ name: 'own', start: () => Promise.reject(new Error('is not started')) })
    const [skill] = floorConfig(files, made).lanes[0]?.skills ?? []
    expect(skill).toMatchObject({ name: 'fixer', trial: { share: 20, against: { commit: first } } })
    expect(skill?.trial?.against.hash).not.toBe(skill?.pin.hash)

    tree.write({ '.headrace/factory.yaml': trial(side) })
    tree.commit('third')
    tree.git('push', '-q', '.', 'side:refs/heads/other')
    await expect(loadFloor(vault, (await vault.refresh()).head)).rejects.toMatchObject({
      code: 'files_invalid',
      evidence: [
        expect.stringMatching(/factory\.yaml:\d+:1 trials\.fixer: \w{40} is no commit of the base branch's history/),
      ],
    })
  })

  test('K1c it is written into the file, and out of it, and the rest stays with its comments', () => {
    const before = `# Ours\nbase: main # the trunk\ngate:\n  test: npm test\n`
    const during = setTrial(before, 'fixer', { against: 'a'.repeat(40), share: 50 })
    expect(during).toBe(`${before}trials:\n  fixer:\n    against: ${'a'.repeat(40)}\n    share: 50\n`)
    expect(setTrial(during, 'fixer', undefined)).toBe(before)
    expect(setTrial(before, 'fixer', undefined)).toBe(before)
  })
})

test('K1d versions are chosen by what they were worth, as agents are, and each agent with each version', () => {
  const pin = (letter: string) => ({ name: 'fixer', hash: letter.repeat(64), commit: 'c'.repeat(40) })
  const trial = { against: pin('b'), share: 50, choose: 'reward' } as const
  const [now, other] = ['fixer@aaaaaaaaaaaa', 'fixer@bbbbbbbbbbbb']
  const agent = (name: string) => ({ name, start: () => Promise.reject(new Error('is not started')) })
  const lane = {
    agent: agent('one'),
    agents: [{ agent: agent('one') }, { agent: agent('two') }],
    skills: [{ name: 'fixer', pin: pin('a'), trial }],
  }
  const arms = armsOf(lane)
  expect(arms).toEqual([
    { agent: 'one', skills: now },
    { agent: 'one', skills: other },
    { agent: 'two', skills: now },
    { agent: 'two', skills: other },
  ])
  for (const arm of arms) {
    const { agent: given, skills = [] } = laneWith(lane as unknown as Parameters<typeof laneWith>[0], arm)
    expect([given.name, skillsFor('T1', skills)[0]?.version]).toEqual([arm.agent, arm.skills])
  }
  // What is worth more is taken far more often.
  const tried = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => [
    { arm: { agent: 'one', skills: now }, reward: 0.9 },
    { arm: { agent: 'one', skills: other }, reward: n / 100 },
  ])
  const chosen = Array.from(
    { length: 100 },
    (_, n) => chooseArm({ arms: arms.slice(0, 2), tried, seed: `${n}` }).arm.skills,
  )
  expect(chosen.filter((version) => version === now).length).toBeGreaterThan(85)
  // By chance there is nothing to choose.
  const byChance = [{ name: 'fixer', pin: pin('a'), trial: { ...trial, choose: 'chance' as const } }]
  expect(armsOf({ ...lane, skills: byChance })).toEqual([{ agent: 'one' }, { agent: 'two' }])
})
