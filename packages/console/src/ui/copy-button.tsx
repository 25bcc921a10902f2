import { useEffect, useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

interface Props {
  readonly value: string
  readonly label?: string
  readonly done?: string
  readonly look?: 'primary' | 'plain' | 'quiet'
  /** Called where the page may not use the clipboard, as on a plain http address. */
  readonly onRefused?: () => void
}

const thanksMs = 2_000

/** Copies a text and says so for a moment. */
export function CopyButton({
  value,
  label = text.part.copy,
  done = text.part.copied,
  look = 'quiet',
  onRefused,
}: Props): ReactNode {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), thanksMs)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value)
      setCopied(true)
    } catch {
      onRefused?.()
    }
  }
  return (
    <Button look={look} size="small" icon={<Icon name={copied ? 'check' : 'copy'} />} onClick={() => void copy()}>
      {copied ? done : label}
    </Button>
  )
}
