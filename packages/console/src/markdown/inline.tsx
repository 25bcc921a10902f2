import type { MarkedToken, Token } from 'marked'
import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { decodeEntities } from './entities.ts'
import { SafeLink } from './safe-link.tsx'

/** Deeper nesting is shown as plain text. */
export const maxDepth = 24

/** Inline Markdown as elements. Raw HTML is shown as the text that it is; pictures are links, never loaded. */
export function inline(tokens: readonly Token[] | undefined, depth = 0): ReactNode {
  // The lexer runs without extensions, so every token is one of its own.
  return tokens?.map((token, index) => <Inline key={index} token={token as MarkedToken} depth={depth} />)
}

function Inline({ token, depth }: { readonly token: MarkedToken; readonly depth: number }): ReactNode {
  if (depth > maxDepth) return token.raw
  const inner = (): ReactNode => inline('tokens' in token ? token.tokens : undefined, depth + 1)
  switch (token.type) {
    case 'text':
      return token.tokens ? inner() : decodeEntities(token.text)
    case 'escape':
      return decodeEntities(token.text)
    case 'strong':
      return <strong>{inner()}</strong>
    case 'em':
      return <em>{inner()}</em>
    case 'del':
      return <del>{inner()}</del>
    case 'codespan':
      return <code dir="ltr">{token.text}</code>
    case 'br':
      return <br />
    case 'link':
      return <SafeLink href={decodeEntities(token.href)}>{inner()}</SafeLink>
    case 'image':
      return <SafeLink href={decodeEntities(token.href)}>{text.part.image(decodeEntities(token.text))}</SafeLink>
    case 'checkbox':
      return <Checkbox checked={token.checked} />
    default:
      return token.raw
  }
}

function Checkbox({ checked }: { readonly checked: boolean }): ReactNode {
  return (
    <span className="md-check" data-checked={checked || undefined}>
      <span className="visually-hidden">{checked ? text.part.done : text.part.open} </span>
    </span>
  )
}
