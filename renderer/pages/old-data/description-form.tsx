import type { Preview } from '#shared/contract/old-data.ts'
import { Columns } from './column-keys.tsx'
import classes from './description-form.module.css'
import type { DescriptionDraft } from './description-draft.ts'
import { formatOf } from './description-draft.ts'
import { Files } from './file-keys.tsx'
import type { SectionProps } from './form-section.tsx'
import { Numbers } from './number-keys.tsx'
import { TextKeys } from './text-keys.tsx'
import { Times } from './time-keys.tsx'

interface DescriptionFormProps {
  readonly draft: DescriptionDraft
  /** What is wrong, by the path of the key. */
  readonly problems: ReadonlyMap<string, string>
  /** The last preview, which knows the columns. */
  readonly preview: Preview | undefined
  readonly onChange: (draft: DescriptionDraft) => void
}

/** Every key of a description, by what it decides: where, when, which columns, which numbers, how the text is written. */
export function DescriptionForm({ draft, problems, preview, onChange }: DescriptionFormProps) {
  const shared: SectionProps = {
    draft,
    preview,
    errorOf: (key) => problems.get(key),
    change: (values) => onChange({ ...draft, ...values }),
  }
  const format = formatOf(draft)
  return (
    <form className={classes.form} aria-label="Description" onSubmit={(event) => event.preventDefault()}>
      <Files {...shared} />
      <Times {...shared} />
      <Columns {...shared} />
      <Numbers {...shared} />
      {format === 'csv' && <TextKeys {...shared} />}
    </form>
  )
}
