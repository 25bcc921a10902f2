import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createGit } from '../git/create-git.ts'

/** The files of the demo's repository: a small library with a real test suite that needs nothing but Node. */
const files: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify({ name: 'pebble', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } }, undefined, 2)}\n`,
  'README.md': '# pebble\n\nSmall functions for lists and text.\n',
  'src/list.js': `export function sum(list) {
  let total = 0
  for (const value of list) total += value
  return total
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
`,
  'src/text.js': `export function words(text) {
  return text.split(/\\s+/).filter((word) => word !== '')
}
`,
  'test/list.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, sum } from '../src/list.js'

test('sum adds the numbers of a list', () => {
  assert.equal(sum([1, 2, 3]), 6)
  assert.equal(sum([-1, 1]), 0)
})

test('median is the middle of a list, whatever its order', () => {
  assert.equal(median([3, 1, 2]), 2)
})
`,
  'test/text.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { words } from '../src/text.js'

test('words are what stands between blanks', () => {
  assert.deepEqual(words(' a  b '), ['a', 'b'])
})
`,
}

/** Makes the repository, with one commit on \`main\`. */
export async function makeDemoRepository(folder: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  const who = {
    GIT_AUTHOR_NAME: 'Pebble',
    GIT_AUTHOR_EMAIL: 'pebble@example.invalid',
    GIT_COMMITTER_NAME: 'Pebble',
    GIT_COMMITTER_EMAIL: 'pebble@example.invalid',
  }
  const git = createGit()
  await git.run(['init', '--quiet', '--template=', '--initial-branch=main', folder])
  await git.run(['-C', folder, 'add', '--all'])
  await git.run(['-C', folder, 'commit', '--quiet', '--message', 'Begin'], { env: who })
}
