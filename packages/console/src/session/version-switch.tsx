import type { ReactNode } from 'react'
import type { Version } from '../model/branches.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { useBranchPlace } from './branch-context.ts'

/** Which version of a message is shown, and the way to the others with all that followed from them. */
export function VersionSwitch({ version: { number, of, before, after } }: { readonly version: Version }): ReactNode {
  const { show } = useBranchPlace()
  return (
    <span className="input-versions" data-testid="versions">
      <Button
        size="small"
        look="quiet"
        icon={<Icon name="back" />}
        aria-label={text.message.versionBefore}
        disabled={before === undefined}
        onClick={() => before !== undefined && show(before)}
      />
      <span>{text.message.version(number, of)}</span>
      <Button
        size="small"
        look="quiet"
        icon={<Icon name="chevron" />}
        aria-label={text.message.versionAfter}
        disabled={after === undefined}
        onClick={() => after !== undefined && show(after)}
      />
    </span>
  )
}
