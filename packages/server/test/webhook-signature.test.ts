import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { HeadraceError } from '@headrace/core'
import { checkWebhookSecrets, createWebhookSecret, signWebhook, webhookId } from '../src/outgoing/webhook-signature.ts'

const body = '{"session":"a/b","text":"grüße 🌊"}'
const secret = createWebhookSecret()

describe('A3b: webhooks are signed as Standard Webhooks says', () => {
  test('A3b: the library of the standard verifies what we sign', () => {
    const headers = signWebhook([secret], { id: 'msg-1', at: Date.now(), body })
    expect(new Webhook(secret).verify(body, { ...headers })).toEqual(JSON.parse(body))
  })

  test('A3b: during a change of secrets a receiver with either one takes it, and one with neither does not', () => {
    const next = createWebhookSecret()
    const headers = { ...signWebhook([next, secret], { id: 'msg-2', at: Date.now(), body }) }
    new Webhook(secret).verify(body, headers)
    new Webhook(next).verify(body, headers)
    expect(() => new Webhook(createWebhookSecret()).verify(body, headers)).toThrow(/signature/i)
  })

  test('A3b: another body, id or time is refused, and so is a message that is old', () => {
    const headers = { ...signWebhook([secret], { id: 'msg-3', at: Date.now(), body }) }
    const verify = (text: string, changed: Record<string, string>): unknown =>
      new Webhook(secret).verify(text, { ...headers, ...changed })
    expect(() => verify(`${body} `, {})).toThrow(/signature/i)
    expect(() => verify(body, { 'webhook-id': 'msg-4' })).toThrow(/signature/i)
    expect(() => verify(body, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toThrow(
      /signature/i,
    )
    const old = { ...signWebhook([secret], { id: 'msg-3', at: Date.now() - 600_000, body }) }
    expect(() => new Webhook(secret).verify(body, old)).toThrow(/too old/i)
  })

  test('A3b: what is about something else has another id, however alike it is called', () => {
    const about = [
      ['run', 'acme', 'team/1', 'r3', 1],
      ['run', 'acme', 'team_1', 'r3', 1],
      ['run', 'acme', 'team.1', 'r3', 1],
      ['run', 'acme', 'team/1', 'r3', 11],
      ['run', 'acme', 'team/1', 'r31', 1],
      ['run', 'acme', 'team/1/r3', 1],
      ['run', 'acme', 'x'.repeat(256), 'r3', 1],
      ['run', 'other', 'x'.repeat(256), 'r3', 1],
      ['notice', 'acme', 'team/1', 'r3', 1],
    ]
    expect(new Set(about.map((parts) => webhookId(...parts))).size).toBe(about.length)
    for (const parts of about) {
      const id = webhookId(...parts)
      expect(id).toBe(webhookId(...parts))
      expect(signWebhook([secret], { id, at: 0, body })['webhook-id']).toBe(id)
    }
  })

  test('A3b: the worked example of the standard comes out the same', () => {
    const headers = signWebhook(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: 1_614_265_330_000,
      body: '{"test": 2432232314}',
    })
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test.each(['', 'whsec_', 'secret', `whsec_${'!'.repeat(40)}`, 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(200)}`])(
    'bad input: the secret "%s" is refused, and the error does not repeat it',
    (wrong) => {
      const sign = (): unknown => signWebhook([wrong], { id: 'm', at: 0, body })
      expect(sign).toThrow(HeadraceError)
      if (wrong.length > 6) expect(sign).not.toThrow(wrong)
    },
  )

  test.each([
    [23, false],
    [24, true],
    [64, true],
    [65, false],
  ])('A3b: a secret of %s bytes is one: %s', (bytes, isOne) => {
    const text = `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`
    for (const one of [text, text.replace(/=+$/, '')]) {
      const check = expect(() => checkWebhookSecrets([secret, one]))
      if (isOne) check.not.toThrow()
      else check.toThrow(/24 to 64 bytes in base64/)
    }
  })

  test('bad input: an id with a dot or a space, and no secret at all', () => {
    for (const id of ['', 'a.b', 'a b', 'a\nb', 'x'.repeat(257)])
      expect(() => signWebhook([secret], { id, at: 0, body })).toThrow(/id of a webhook/)
    expect(() => signWebhook([], { id: 'm', at: 0, body })).toThrow(/needs a secret/)
  })
})
