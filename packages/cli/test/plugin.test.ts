import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { folder, headrace } from './support/headrace.ts'

const yaml = `core: { paths: [src/**], budget: { lines: 2 } }
surfaces:
  commands:
    about: A command.
    owner: ada
    folder: plugins
    test: [node, --test, '{plugin}/*.test.mjs']
    scaffold:
      '{{name}}.test.mjs': |
        import { test } from 'node:test'
        test('{{name}}', () => undefined)
`

test('X1d: a plugin is made with its test, is listed, and its contract and the budget of core are checked', async () => {
  await using place = await folder()
  const run = (...args: string[]) => headrace(['factory', 'plugin', ...args, '--repository', place.path])
  expect(await run('list')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('There is no .headrace/plugins.yaml'),
  })
  for (const name of ['.headrace', 'src']) mkdirSync(path.join(place.path, name))
  writeFileSync(path.join(place.path, '.headrace/plugins.yaml'), yaml)
  writeFileSync(path.join(place.path, 'src/core.js'), 'export const a = 1\n')
  expect(await run('new', 'shout', '--surface', 'wishes')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There are: commands.'),
  })
  const made = await run('new', 'shout', '--surface', 'commands')
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('plugins/shout/shout.test.mjs') })
  expect(readFileSync(path.join(place.path, 'plugins/shout/shout.test.mjs'), 'utf8')).toContain("test('shout'")
  expect((await run('new', 'shout', '--surface', 'commands')).stderr).toBe(
    'error: plugins/shout is there already; nothing was written.\n',
  )
  expect(await run('list')).toMatchObject({
    stdout: 'commands (ada): A command.\n  plugins/shout\ncore: 1 lines of 2, 1 exports, 0 dependencies\n',
  })
  expect(await run('check')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('The contracts of 1 plugin are kept;'),
  })
  writeFileSync(path.join(place.path, 'src/core.js'), 'let a\nlet b\nlet c\n')
  expect((await run('check')).stderr).toContain('Core is over its budget of lines.')
})
