/** One of a few: radio buttons that look like one control. */

export function Segmented<T extends string>({
  name,
  label,
  value,
  options,
  onChange,
  hideLabel = false,
}: {
  name: string
  label: string
  value: T
  options: readonly { value: T; label: string }[]
  onChange: (value: T) => void
  hideLabel?: boolean
}) {
  return (
    <fieldset>
      <legend class={hideLabel ? 'visually-hidden' : undefined}>{label}</legend>
      <div class="segments">
        {options.map((option) => (
          <label key={option.value} class="segment">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
