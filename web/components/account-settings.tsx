/** The owner's account on the settings page: how you are here, password, passkeys, the browsers that are signed in. */
import { useEffect, useState } from 'preact/hooks'
import { dayAndTime } from '../i18n/index.ts'
import { problemText } from '../i18n/problem.ts'
import { text } from '../i18n/text.ts'
import { type AccountInfo, ApiError, type PasskeyInfo, type SignInInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { makePasskey, passkeysWork } from '../net/passkey.ts'
import { go } from '../router.ts'
import { owner } from '../state/owner.ts'

export function AccountSettings() {
  const t = text.value.access
  const [info, setInfo] = useState<AccountInfo | null>(null)
  const [passkeys, setPasskeys] = useState<PasskeyInfo[]>([])
  const [signIns, setSignIns] = useState<SignInInfo[]>([])
  const [said, setSaid] = useState('')

  async function load(): Promise<void> {
    const now = await api.account()
    setInfo(now)
    owner.value = now.owner
    if (!now.owner || !now.ways) return
    setPasskeys((await api.passkeys()).passkeys)
    setSignIns((await api.signIns()).signIns)
  }
  /** Says what went wrong; everything is read again afterwards. */
  const act = (work: () => Promise<unknown>, done = '') =>
    void work()
      .then(() => setSaid(done))
      .catch((error) => setSaid(problemText(error)))
      .then(load)
      .catch(() => {})
  useEffect(() => void load().catch(() => {}), [])

  if (!info) return null
  if (info.mode === 'open') return <p class="notice warn">{t.openMode}</p>
  if (!info.owner)
    return (
      <a class="button" href="/sign-in">
        {t.signIn}
      </a>
    )
  return (
    <>
      {info.how === 'machine' && <p class="quiet">{t.atMachine}</p>}
      {!info.ways && (
        <a class="button" href="/sign-in">
          {t.setUpTitle}
        </a>
      )}
      {info.ways && (
        <>
          <form
            class="fields"
            onSubmit={(event) => {
              event.preventDefault()
              const form = event.currentTarget
              const data = new FormData(form)
              act(async () => {
                await api.changePassword(String(data.get('current') ?? ''), String(data.get('next') ?? ''))
                form.reset()
              }, t.changed)
            }}
          >
            {info.how !== 'machine' && info.ways.password && (
              <label>
                {t.currentPassword}
                <input
                  class="input"
                  type="password"
                  name="current"
                  autocomplete="current-password"
                  required
                />
              </label>
            )}
            <label>
              {t.newPassword}
              <input
                class="input"
                type="password"
                name="next"
                minLength={10}
                maxLength={200}
                autocomplete="new-password"
                required
              />
            </label>
            <button type="submit" class="button">
              {t.changePassword}
            </button>
          </form>
          <h3>{t.passkeys}</h3>
          <p class="quiet small">{t.passkeyHint}</p>
          <Rows
            rows={passkeys.map(({ id, name, usedAt }) => ({ id, name: name || id.slice(0, 8), usedAt }))}
            label={t.remove}
            onRemove={(id) => act(() => api.removePasskey(id))}
          />
          {passkeysWork() && (
            <button
              type="button"
              class="button"
              onClick={() =>
                act(async () => {
                  const made = await makePasskey(api, navigator.platform)
                  if (!made) throw new ApiError(0, 'passkey', t.passkeyFailed)
                  await api.addPasskey(made)
                })
              }
            >
              {t.addPasskey}
            </button>
          )}
          <h3>{t.browsers}</h3>
          <Rows
            rows={signIns.map(({ id, browser, usedAt, mine }) => ({
              id,
              name: mine ? `${shortly(browser)} (${t.thisBrowser})` : shortly(browser),
              usedAt,
            }))}
            label={t.signOut}
            onRemove={(id) => act(() => api.endSignIn(id))}
          />
          <div class="row">
            {info.how === 'sign-in' && (
              <button
                type="button"
                class="button"
                onClick={() =>
                  act(async () => {
                    await api.signOut()
                    owner.value = null
                    go('/sign-in')
                  })
                }
              >
                {t.signOut}
              </button>
            )}
            <button type="button" class="button danger" onClick={() => act(() => api.endSignIn('all'))}>
              {t.signOutAll}
            </button>
          </div>
        </>
      )}
      <p role="status">{said}</p>
    </>
  )
}

export function Rows({
  rows,
  label,
  onRemove,
}: {
  rows: { id: string; name: string; usedAt: number | null; more?: string }[]
  label: string
  onRemove: (id: string) => void
}) {
  const t = text.value.access
  return (
    <ul class="setup-rows">
      {rows.map(({ id, name, usedAt, more }) => (
        <li key={id}>
          <span>
            <span dir="auto">{name}</span>{' '}
            <span class="quiet small">
              {more && `${more} · `}
              {usedAt ? t.since(dayAndTime(usedAt)) : t.neverUsed}
            </span>
          </span>
          <button
            type="button"
            class="button danger"
            aria-label={`${label}: ${name}`}
            onClick={() => onRemove(id)}
          >
            {label}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** “Firefox · Linux” of what a browser calls itself. */
function shortly(agent: string): string {
  const name = /(Firefox|Edg|OPR|Chrome|Safari|curl)/.exec(agent)?.[1] ?? agent.slice(0, 24)
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1]
  return system ? `${name} · ${system}` : name
}
