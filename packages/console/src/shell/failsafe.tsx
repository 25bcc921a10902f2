import { Component, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'

interface Props {
  readonly children: ReactNode
}

/** A defect in the page must not look like a lost session: it says which of the two it is. */
export class Failsafe extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <main role="alert">
        <Empty level={1} title={text.error.title} lead={text.error.lead}>
          <Button look="primary" onClick={() => location.reload()}>
            {text.error.reload}
          </Button>
        </Empty>
      </main>
    )
  }
}
