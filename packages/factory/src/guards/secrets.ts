import type { Finding, Guard } from './guard.ts'

// Every repetition has a bound: a line may be a megabyte that was made to be slow to read.
const kinds: readonly (readonly [string, RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,}\b/],
  ['an Anthropic key', /\bsk-ant-[A-Za-z0-9_-]{20,}\b/],
  ['an OpenAI key', /\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}\b/],
  ['a Google API key', /\bAIza[0-9A-Za-z_-]{35}\b/],
  ['a Slack token', /\bxox[abposr]-[0-9A-Za-z-]{20,}\b/],
  ['a Stripe key', /\b[sr]k_live_[0-9A-Za-z]{20,}\b/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a JSON web token', /\beyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{20,}/],
  ['a password in an address', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@'"]{1,64}:[^\s/@'"{$<]{6,200}@[a-z0-9]/i],
]
const files =
  /(^|\/)(\.env(\.(?!example|sample|template)[\w-]+)?|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|p12|pfx|keystore)|\.npmrc|\.pypirc|\.netrc|credentials)$/i

/** Keys and tokens in what a change adds. What was found is shown by its first characters only. */
export const secretsGuard: Guard = {
  name: 'secrets',
  about: 'Keys, tokens and passwords in added lines, and files that usually hold them.',
  policy: 'block',
  check(change, { isTest }) {
    return change.files.flatMap(({ path, before, after, added }): readonly Finding[] => {
      const found = added.flatMap(({ line, text }): readonly Finding[] => {
        const hit = kinds.map(([what, form]) => ({ what, match: form.exec(text)?.[0] })).find(({ match }) => match)
        if (!hit?.match) return []
        const shown = `${hit.match.slice(0, 6)}… (${hit.match.length} characters)`
        // Tests have made-up ones; whether this is one, somebody has to say.
        return [{ what: hit.what, path, line, quote: shown, certainty: isTest(path) ? 'maybe' : 'sure' }]
      })
      if (found.length > 0 || before || !after || !files.test(path)) return found
      return [{ what: 'a file that usually holds secrets', path, certainty: 'maybe' }]
    })
  },
}
