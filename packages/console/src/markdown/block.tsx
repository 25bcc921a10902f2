import type { MarkedToken, Token, Tokens } from 'marked'
import { memo, type ReactNode } from 'react'
import { CodeBlock } from './code-block.tsx'
import { inline, maxDepth } from './inline.tsx'

interface Props {
  readonly token: Token
  /** Depth of the text's first heading: it becomes the page's third level, below the author's name. */
  readonly base: number
  readonly depth?: number
}

/** One block of Markdown. Settled blocks keep their token, so they render once. */
export const Block = memo(function Block({ token: given, base, depth = 0 }: Props): ReactNode {
  const token = given as MarkedToken // the lexer runs without extensions
  if (depth > maxDepth) return <p>{token.raw}</p>
  // The outermost block has a direction by what is in it, which leaves out what has one of its own.
  const dir = depth === 0 ? 'auto' : undefined
  const blocks = (tokens: readonly Token[]): ReactNode =>
    tokens.map((inner, index) => <Block key={index} token={inner} base={base} depth={depth + 1} />)
  switch (token.type) {
    case 'space':
    case 'def':
      return null
    case 'heading': {
      const Heading = (['h3', 'h4', 'h5', 'h6'] as const)[Math.max(0, Math.min(3, token.depth - base))] ?? 'h6'
      return <Heading dir={dir}>{inline(token.tokens)}</Heading>
    }
    case 'paragraph':
      return <p dir={dir}>{inline(token.tokens)}</p>
    case 'text':
      return inline([token])
    case 'code':
      return <CodeBlock code={token.text} language={token.lang?.split(/\s/, 1)[0] ?? ''} />
    case 'blockquote':
      return <blockquote dir={dir}>{blocks(token.tokens)}</blockquote>
    case 'list':
      return (
        <List token={token} dir={dir}>
          {token.items.map((item) => blocks(item.tokens))}
        </List>
      )
    case 'table':
      return <Table token={token} dir={dir} />
    case 'hr':
      return <hr />
    default:
      // Raw HTML, and texts too long to parse.
      return <p className="md-plain">{token.raw}</p>
  }
})

function List({
  token,
  dir,
  children,
}: {
  readonly token: Tokens.List
  readonly dir: 'auto' | undefined
  readonly children: readonly ReactNode[]
}): ReactNode {
  const items = children.map((item, index) => (
    <li key={index} data-task={token.items[index]?.task || undefined}>
      {item}
    </li>
  ))
  const start = token.start === '' || token.start === 1 ? undefined : token.start
  return token.ordered ? (
    <ol dir={dir} start={start}>
      {items}
    </ol>
  ) : (
    <ul dir={dir}>{items}</ul>
  )
}

function Table({ token, dir }: { readonly token: Tokens.Table; readonly dir: 'auto' | undefined }): ReactNode {
  const cell = ({ align, tokens }: Tokens.TableCell): { 'data-align'?: string; children: ReactNode } => ({
    ...(align && { 'data-align': align }),
    children: inline(tokens),
  })
  return (
    // Wide tables scroll by themselves, with the keyboard as well.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="md-table" dir={dir} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((each, index) => (
              <th key={index} scope="col" {...cell(each)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>
              {row.map((each, column) => (
                <td key={column} {...cell(each)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
