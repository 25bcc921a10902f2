import { HeadraceError } from '@headrace/core'

/** Text out of bytes that may be cut anywhere, also within a character. */
export interface TextBytes {
  /** @throws HeadraceError `upstream_failed` when it is not UTF-8 */
  push(bytes: Uint8Array): string
  /** @throws HeadraceError `upstream_failed` when it ended within a character */
  end(): string
}

export function createTextBytes(): TextBytes {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (what: string, bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch (cause) {
      throw new HeadraceError('upstream_failed', `The stream ${what}.`, { cause })
    }
  }
  return {
    push: (bytes) => decode('sent bytes that are no text in UTF-8', bytes),
    end: () => decode('broke off in the middle of a character'),
  }
}
