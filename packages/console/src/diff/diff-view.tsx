import { useMemo, type ReactNode } from 'react'
import { visibleText } from '../model/visible-text.ts'
import { text } from '../text.ts'
import { tokensFor, type CodeToken } from './code-tokens.ts'
import { rowsOf, type FileChange } from './patches.ts'
import './diff-view.css'

/** Files of a change, each with its lines. One that is long begins closed. */
export function DiffView({ files }: { readonly files: readonly FileChange[] }): ReactNode {
  return (
    <ul className="diff" data-testid="diff">
      {files.map((file, index) => (
        <FileDiff key={`${index} ${file.path}`} file={file} />
      ))}
    </ul>
  )
}

const openLines = 400

function FileDiff({ file }: { readonly file: FileChange }): ReactNode {
  const { path, kind, added, removed, hunks, isBinary } = file
  const tokens = useMemo(() => tokensFor(path), [path])
  return (
    <li className="diff-file" data-testid="diff-file" data-path={path}>
      <details open={added + removed <= openLines}>
        <summary className="diff-head">
          <bdi className="diff-path">{visibleText(path)}</bdi>
          <span className="diff-kind">{text.diff.kinds[kind]}</span>
          <span className="diff-count">
            <span className="diff-added">+{text.number(added)}</span>{' '}
            <span className="diff-removed">−{text.number(removed)}</span>
          </span>
        </summary>
        {isBinary && <p className="diff-note">{text.diff.binary}</p>}
        {/* Long lines scroll, with the keyboard as well. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className="diff-scroll" dir="ltr" tabIndex={0}>
          <table className="diff-lines">
            <tbody>
              {hunks.map((hunk) => (
                <Hunk key={`${hunk.oldStart} ${hunk.newStart}`} hunk={hunk} tokens={tokens} />
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </li>
  )
}

interface HunkProps {
  readonly hunk: FileChange['hunks'][number]
  readonly tokens: (line: string) => readonly CodeToken[]
}

function Hunk({ hunk, tokens }: HunkProps): ReactNode {
  return (
    <>
      <tr className="diff-gap">
        <td colSpan={3}>{text.diff.from(hunk.newStart)}</td>
      </tr>
      {rowsOf(hunk).map((row, index) => (
        <tr key={index} data-sign={row.sign}>
          <td className="diff-number">{row.line}</td>
          <td className="diff-sign">
            <span aria-hidden="true">{row.sign}</span>
            {row.sign === '+' && <span className="visually-hidden">{text.diff.added}</span>}
            {row.sign === '-' && <span className="visually-hidden">{text.diff.removed}</span>}
          </td>
          <td className="diff-text">
            {tokens(row.words).map(({ kind, text: words }, place) => (
              <span key={place} data-token={kind}>
                {visibleText(words.replaceAll('\t', '  '))}
              </span>
            ))}
          </td>
        </tr>
      ))}
    </>
  )
}
