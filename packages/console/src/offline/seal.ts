/** Writing that only the holder of one token can read: sealed with a key that is made of the token. */
export interface Seal {
  /** Stands for the token, and does not tell it. */
  readonly owner: string
  readonly close: (value: unknown) => Promise<Sealed>
  /** Rejects what another seal has closed. */
  readonly open: (sealed: Sealed) => Promise<unknown>
}

export interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>
  readonly data: ArrayBuffer
}

const ivBytes = 12
const ownerBytes = 16

export async function createSeal(token: string): Promise<Seal> {
  const key = await crypto.subtle.importKey('raw', await digest('key', token), 'AES-GCM', false, ['encrypt', 'decrypt'])
  const owner = hex(new Uint8Array(await digest('owner', token)).slice(0, ownerBytes))
  return {
    owner,
    async close(value) {
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
      const text = new TextEncoder().encode(JSON.stringify(value))
      return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, text) }
    },
    async open({ iv, data }) {
      const text = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, data)
      const value: unknown = JSON.parse(new TextDecoder().decode(text))
      return value
    },
  }
}

function digest(purpose: string, token: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(`headrace ${purpose}\n${token}`))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
