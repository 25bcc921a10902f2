import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'
import { useAway } from './use-away.ts'
import './coming.css'

/**
 * In place of a page whose session is not here yet: it comes, or, without a server, can't come now.
 *
 * @param words - said while it comes
 */
export function Coming({ words }: { readonly words: string }): ReactNode {
  const away = useAway()
  if (away) return <Empty title={text.offline.unseen} lead={text.offline.unseenPage} />
  return <p className="coming">{words}</p>
}
