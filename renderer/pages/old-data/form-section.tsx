import type { ReactNode } from 'react'
import type { Preview } from '#shared/contract/old-data.ts'
import classes from './description-form.module.css'
import type { DescriptionDraft } from './description-draft.ts'

/** What each part of the form is given. */
export interface SectionProps {
  readonly draft: DescriptionDraft
  readonly errorOf: (key: string) => string | undefined
  readonly change: (values: Partial<DescriptionDraft>) => void
  readonly preview: Preview | undefined
}

/** A titled part of the form. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <fieldset className={classes.section}>
      <legend className={classes.legend}>{title}</legend>
      <div className={classes.fields}>{children}</div>
    </fieldset>
  )
}
