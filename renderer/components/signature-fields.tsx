import { Textarea, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './signature-fields.module.css'

interface SignatureFieldsProps {
  readonly reason: string
  readonly onReason: (reason: string) => void
  readonly author: string
  readonly onAuthor: (author: string) => void
  /** What a good reason says. */
  readonly placeholder?: string
  /** What is decided besides; stands above. */
  readonly children?: ReactNode
}

/** Why, and who says so: what every decision about data is signed with. */
export function SignatureFields({ reason, onReason, author, onAuthor, placeholder, children }: SignatureFieldsProps) {
  return (
    <div className={classes.fields}>
      {children}
      <Textarea
        label="Reason"
        {...(placeholder === undefined ? {} : { placeholder })}
        value={reason}
        maxLength={1_000}
        minRows={2}
        autosize
        maxRows={6}
        data-autofocus
        onChange={(event) => onReason(event.currentTarget.value)}
      />
      <TextInput
        label="Signed by"
        placeholder="Your name; remembered in this browser"
        value={author}
        maxLength={100}
        onChange={(event) => onAuthor(event.currentTarget.value)}
      />
    </div>
  )
}

/** What an entry lacks to be signed. */
export function problemOf(reason: string, author: string): string | undefined {
  if (reason.trim() === '') return 'Write the reason first.'
  return author.trim() === '' ? 'Say who signs.' : undefined
}
