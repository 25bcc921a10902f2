import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { capabilities, parseCapability } from '../src/token/capabilities.ts'
import { formatDuration, parseDuration } from '../src/terminal/duration.ts'
import { folder, headrace } from './support/headrace.ts'

function claims(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

describe('headrace token', () => {
  test('prints the token and nothing else', async () => {
    await using place = await folder()
    const file = path.join(place.path, 'secret')
    writeFileSync(file, 'a secret of more than thirty-two bytes, for tests\n')
    const args = [
      'token',
      '--sub',
      'ada',
      '--name',
      'Ada L.',
      '--cap',
      'team/*:read,send',
      '--cap',
      'a:b:control',
      '--ttl',
      '15m',
      '--tenant',
      'acme',
    ]
    const { code, stdout, stderr } = await headrace([...args, '--auth-secret-file', file, '--audience', 'chat'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const made = claims(stdout) as { iat: number; exp: number }
    expect(made).toMatchObject({
      sub: 'ada',
      name: 'Ada L.',
      kind: 'user',
      ten: 'acme',
      aud: 'chat',
      cap: [
        { s: 'team/*', op: ['read', 'send'] },
        { s: 'a:b', op: ['control'] },
      ],
    })
    expect(made.exp - made.iat).toBe(900)
  })

  test.each([
    [['--sub', 'x', '--data', '/nowhere'], 'There is no secret in /nowhere'],
    [['--sub', 'x', '--kind', 'robot'], 'user, agent or operator'],
    [['--sub', 'x', '--ttl', 'soon'], '15m, 12h or 30d'],
    [['--sub', 'white space', '--auth-secret', 'a secret of more than thirty-two bytes, for tests'], 'sub'],
    [[], '--sub'],
  ])('token %j is refused with a sentence', async (args, text) => {
    expect(await headrace(['token', ...args])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(text),
    })
  })

  test('what a kind may do unless told', () => {
    expect(capabilities('user', undefined)).toEqual([
      { s: '**', op: ['read', 'post', 'send', 'control', 'answer', 'take-floor'] },
    ])
    expect(capabilities('agent', [])).toEqual([{ s: '**', op: ['read', 'write-as-agent'] }])
    expect(capabilities('operator', undefined)[0]?.op).toContain('admin')
  })

  test('capabilities with mistakes name them', () => {
    expect(() => parseCapability('team')).toThrow('has no colon')
    expect(() => parseCapability('team:reed')).toThrow('unknown verb "reed"')
    expect(() => parseCapability(':read')).toThrow('has no colon')
  })

  test('durations', () => {
    expect(['90s', '15m', '12h', '30d'].map((text) => parseDuration(text))).toEqual([
      90_000, 900_000, 43_200_000, 2_592_000_000,
    ])
    for (const text of ['', '5', '0s', '-1m', '1.5h', '1w'])
      expect(() => parseDuration(text)).toThrow('number and a unit')
    expect([400, 59_000, 3_600_000, 90_000_000].map((ms) => formatDuration(ms))).toEqual([
      '0.4 s',
      '59 s',
      '60 min',
      '25 h',
    ])
  })
})
