import type { ComponentProps, ReactNode } from 'react'
import './button.css'

type Props = ComponentProps<'button'> & {
  /** `primary`: the one thing to do here. `plain`: beside it. `quiet`: no frame until touched. Default `plain`. */
  readonly look?: 'primary' | 'plain' | 'quiet'
  readonly size?: 'small' | 'medium'
  readonly icon?: ReactNode
}

/** A button with words. One that shows only an icon gets its name by `aria-label`. */
export function Button({ look = 'plain', size = 'medium', icon, children, className = '', ...rest }: Props): ReactNode {
  return (
    <button type="button" className={`button button-${look} button-${size} ${className}`} {...rest}>
      {icon}
      {children !== undefined && <span className="button-words">{children}</span>}
    </button>
  )
}
