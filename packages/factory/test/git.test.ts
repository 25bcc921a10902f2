import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createGit, FactoryError, runCommand } from '@headrace/factory'
import { testFolder, workTree } from './support/git-repository.ts'

test('G2a: git reads no configuration of the machine or the user, and runs no hook, filter, pager or monitor of a repository', async () => {
  const folder = testFolder()
  const tree = workTree(path.join(folder, 'repo'))
  tree.write({ 'a.txt': 'a', '.gitattributes': '* filter=x diff=x\n' })
  tree.commit('first')
  const canary = path.join(folder, 'canary')
  const run = `sh -c 'touch ${canary}; cat'`
  for (const key of ['core.fsmonitor', 'diff.external', 'diff.x.textconv', 'core.pager', 'core.sshCommand'])
    tree.git('config', key, run)
  writeFileSync(path.join(tree.folder, '.git/hooks/reference-transaction'), `#!/bin/sh\ntouch ${canary}\n`, {
    mode: 0o755,
  })
  const git = createGit({ gitDir: path.join(tree.folder, '.git') })
  const head = await git.text(['rev-parse', 'HEAD'])
  await git.run(['update-ref', 'refs/heads/other', head])
  await git.run(['log', '-p', '--no-ext-diff', '--no-textconv'])
  expect(existsSync(canary)).toBe(false)
  expect(await git.text(['config', '--show-origin', '--get-all', 'core.hooksPath'])).toBe('command line:\t/dev/null')
})

test('G2a: what a repository says of programs, attributes and other repositories counts for nothing', async () => {
  const tree = workTree(path.join(testFolder(), 'repo'))
  const keys = {
    'core.hooksPath': '/dev/null',
    'core.fsmonitor': 'false',
    'core.attributesFile': '/dev/null',
    'core.excludesFile': '/dev/null',
    'core.autocrlf': 'false',
    'core.alternateRefsCommand': '',
    'core.sshCommand': 'ssh -oBatchMode=yes',
    'credential.helper': '',
    'diff.external': '',
    'protocol.ext.allow': 'never',
    'submodule.recurse': 'false',
    'fetch.recurseSubmodules': 'false',
    'commit.gpgSign': 'false',
    'tag.gpgSign': 'false',
    'gc.auto': '0',
    'maintenance.auto': 'false',
    'transfer.fsckObjects': 'true',
    'uploadpack.allowFilter': 'false',
  }
  for (const key of Object.keys(keys)) tree.git('config', key, 'touch x')
  const git = createGit({ gitDir: path.join(tree.folder, '.git') })
  for (const [key, value] of Object.entries(keys))
    expect([key, await git.text(['config', '--get', key])]).toEqual([key, value])
  // The machine and the user have no say at all.
  const origins = await git.text(['config', '--list', '--show-scope'])
  expect(new Set(origins.split('\n').map((line) => line.split('\t')[0]))).toEqual(new Set(['local', 'command']))
})

test('G2a: only the named protocols are used, and `ext` never', async () => {
  const folder = testFolder()
  const canary = path.join(folder, 'canary')
  const git = createGit({ cwd: folder })
  for (const url of [`ext::sh -c touch% ${canary}`, 'https://localhost:1/x.git', 'ssh://localhost:1/x'])
    await expect(git.run(['ls-remote', url])).rejects.toThrow('not allowed')
  expect(existsSync(canary)).toBe(false)
  const tree = workTree(path.join(folder, 'repo'))
  tree.write({ a: 'a' })
  tree.commit('first')
  await expect(git.run(['ls-remote', tree.folder])).resolves.toMatchObject({ code: 0 })
  const none = createGit({ cwd: folder, protocols: [] })
  await expect(none.run(['ls-remote', tree.folder])).rejects.toThrow('not allowed')
})

test('G2a: a failure says the command, how it ended and what git said', async () => {
  const folder = testFolder()
  const git = createGit({ gitDir: workTree(path.join(folder, 'repo')).folder + '/.git' })
  const error: unknown = await git.run(['rev-parse', '--verify', 'nothing']).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(FactoryError)
  expect(error).toMatchObject({
    code: 'git_failed',
    message: expect.stringMatching(/^git rev-parse in .* ended with code 128: fatal: Needed a single revision$/),
    evidence: ['git rev-parse --verify nothing', 'fatal: Needed a single revision'],
  })
})

test('G2a: output over the cap and time over the cap end git', async () => {
  const folder = testFolder()
  const tree = workTree(path.join(folder, 'repo'))
  tree.write({ big: 'x'.repeat(200_000) })
  tree.commit('first')
  const git = createGit({ gitDir: path.join(tree.folder, '.git'), maxOutputBytes: 100_000 })
  await expect(git.run(['cat-file', 'blob', 'HEAD:big'])).rejects.toMatchObject({ code: 'git_flood' })
  // `cat-file --batch` without an end of its input waits for ever; here the input ends, so a slow command is needed.
  const slow = git.run(['-c', 'alias.wait=!tail -f /dev/null', 'wait'], { timeoutMs: 200 })
  await expect(slow).rejects.toMatchObject({ code: 'git_timeout' })
})

test('F7a: the process group ends with the program, also what it left behind', async () => {
  let pid = 0
  const result = await runCommand({
    argv: ['/bin/sh', '-c', 'tail -f /dev/null & echo $!; exit 3'],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: 10_000,
    maxOutputBytes: 1_000,
    onStart: (started) => (pid = started),
  })
  expect(result.end).toEqual({ kind: 'exited', code: 3 })
  expect(Number(result.stdout.toString())).toBeGreaterThan(0)
  await expect.poll(() => alive(Number(result.stdout.toString()))).toBe(false)
  expect(alive(pid)).toBe(false)
})

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
