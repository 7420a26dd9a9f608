/** Speech models on the settings page: what is here, how fast it is on this machine, and more to fetch. */
import { useEffect, useState } from 'preact/hooks'
import type { ShelfModel } from '../../server/http/model-shelf.ts'
import { locale } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { Api } from '../net/api.ts'
import { Problem, useProblem } from './problem.tsx'

/** While something is fetched or measured, ms. */
const LOOK_MS = 1_500

export function SettingsModels({
  api,
}: {
  api: Pick<Api, 'models' | 'fetchModel' | 'stopFetching' | 'measureModel' | 'removeModel'>
}) {
  const t = text.value.setup
  const [models, setModels] = useState<ShelfModel[] | null>(null)
  const problem = useProblem()
  const [all, setAll] = useState(false)
  const busy = models?.some((model) => model.measuring || (model.fetching && !model.fetching.failed)) ?? false

  const load = () =>
    api.models().then(
      (answer) => setModels(answer.models),
      () => {},
    )
  const attempt = async (work: Promise<unknown>) => {
    const soon = setTimeout(load, 200)
    await problem.attempt(work)
    clearTimeout(soon)
    await load()
  }
  useEffect(() => {
    void load()
  }, [])
  useEffect(() => {
    if (!busy) return
    const timer = setInterval(() => void load(), LOOK_MS)
    return () => clearInterval(timer)
  }, [busy])
  if (!models) return null
  const here = models.filter((model) => model.state !== 'available' || model.fetching)
  const more = models.filter((model) => !here.includes(model))
  return (
    <>
      <Problem reason={problem.reason} />
      <ul class="models">
        {[...here, ...(all ? more : [])].map((model) => (
          <li key={model.name}>
            <Model model={model} api={api} attempt={(work) => void attempt(work)} />
          </li>
        ))}
      </ul>
      {more.length > 0 && (
        <button type="button" class="button small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t.fewerModels : t.moreModels(more.length)}
        </button>
      )}
      <p class="quiet small">{t.modelsHint}</p>
    </>
  )
}

export function bytes(count: number): string {
  const [value, unit] =
    count >= 1e9
      ? [count / 1e9, 'gigabyte']
      : count >= 1e6
        ? [count / 1e6, 'megabyte']
        : [count / 1e3, 'kilobyte']
  return new Intl.NumberFormat(locale.value, {
    style: 'unit',
    unit,
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}

function Model({
  model,
  api,
  attempt,
}: {
  model: ShelfModel
  api: Pick<Api, 'fetchModel' | 'stopFetching' | 'measureModel' | 'removeModel'>
  attempt: (work: Promise<unknown>) => void
}) {
  const t = text.value.setup
  const { name, fetching, state, inUse, speed } = model
  const speedText =
    speed === null
      ? state === 'available'
        ? ''
        : t.notMeasured
      : t.times(new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 }).format(speed))
  const running = fetching && !fetching.failed
  return (
    <article class="model">
      <div>
        <strong>{name}</strong>
        {inUse && <span class="live-badge chosen-badge"> {t.inUse}</span>}
        <p class="quiet small">
          {[bytes(model.bytes), model.languages === 'en' ? t.englishOnly : t.manyLanguages, speedText]
            .filter(Boolean)
            .join(' · ')}
        </p>
        {running && (
          <progress
            max={fetching.total}
            value={fetching.received}
            aria-label={`${t.fetching}: ${name}`}
            aria-valuetext={`${bytes(fetching.received)} / ${bytes(fetching.total)}`}
          />
        )}
        {running && (
          <p class="quiet small" role="status">
            {t.fetching}: {bytes(fetching.received)} / {bytes(fetching.total)}
          </p>
        )}
        {fetching?.failed && (
          <p class="field-error" role="alert">
            {fetching.detail}
          </p>
        )}
      </div>
      <div class="row">
        {running && (
          <button type="button" class="button small" onClick={() => attempt(api.stopFetching(name))}>
            {text.value.common.cancel}
          </button>
        )}
        {!running && state === 'available' && (
          <button
            type="button"
            class="button small"
            aria-label={`${t.fetch}: ${name}`}
            onClick={() => attempt(api.fetchModel(name))}
          >
            {t.fetch}
          </button>
        )}
        {state !== 'available' && !inUse && (
          <button
            type="button"
            class="button small"
            aria-disabled={model.measuring}
            aria-label={`${t.measure}: ${name}`}
            onClick={() => !model.measuring && attempt(api.measureModel(name))}
          >
            {model.measuring ? t.measuring : t.measure}
          </button>
        )}
        {(state === 'installed' || state === 'own') && !inUse && (
          <button
            type="button"
            class="button small plain"
            aria-label={`${t.remove}: ${name}`}
            onClick={() => attempt(api.removeModel(name))}
          >
            {t.remove}
          </button>
        )}
      </div>
    </article>
  )
}
