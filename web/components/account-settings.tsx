/** The owner's account on the settings page: how you are here, password, passkeys, the browsers that are signed in. */
import { useEffect, useState } from 'preact/hooks'
import { problemText } from '../i18n/problem.ts'
import { text } from '../i18n/text.ts'
import { type AccountInfo, ApiError, type PasskeyInfo, type SignInInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { makePasskey, passkeysWork } from '../net/passkey.ts'
import { go } from '../router.ts'
import { owner } from '../state/owner.ts'
import { AccessRows } from './access-rows.tsx'

/** Carries something out, says what went wrong or `done`, and reads everything again. */
type Act = (work: () => Promise<unknown>, done?: string) => void

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
  const act: Act = (work, done = '') =>
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
      {info.ways ? (
        <>
          <PasswordForm act={act} askCurrent={info.how !== 'machine' && info.ways.password} />
          <Passkeys act={act} passkeys={passkeys} />
          <SignIns act={act} signIns={signIns} mayLeave={info.how === 'sign-in'} />
        </>
      ) : (
        <a class="button" href="/sign-in">
          {t.setUpTitle}
        </a>
      )}
      <p role="status">{said}</p>
    </>
  )
}

function PasswordForm({ act, askCurrent }: { act: Act; askCurrent: boolean }) {
  const t = text.value.access
  const change = (form: HTMLFormElement) => {
    const data = new FormData(form)
    act(async () => {
      await api.changePassword(String(data.get('current') ?? ''), String(data.get('next') ?? ''))
      form.reset()
    }, t.changed)
  }
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault()
        change(event.currentTarget)
      }}
    >
      {askCurrent && (
        <label>
          {t.currentPassword}
          <input class="input" type="password" name="current" autocomplete="current-password" required />
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
  )
}

function Passkeys({ act, passkeys }: { act: Act; passkeys: readonly PasskeyInfo[] }) {
  const t = text.value.access
  const add = async () => {
    const made = await makePasskey(api, navigator.platform)
    if (!made) throw new ApiError(0, 'passkey', t.passkeyFailed)
    await api.addPasskey(made)
  }
  return (
    <>
      <h3>{t.passkeys}</h3>
      <p class="quiet small">{t.passkeyHint}</p>
      <AccessRows
        rows={passkeys.map(({ id, name, usedAt }) => ({ id, name: name || id.slice(0, 8), usedAt }))}
        label={t.remove}
        onRemove={(id) => act(() => api.removePasskey(id))}
      />
      {passkeysWork() && (
        <button type="button" class="button" onClick={() => act(add)}>
          {t.addPasskey}
        </button>
      )}
    </>
  )
}

function SignIns({
  act,
  signIns,
  mayLeave,
}: {
  act: Act
  signIns: readonly SignInInfo[]
  mayLeave: boolean
}) {
  const t = text.value.access
  const leave = async () => {
    await api.signOut()
    owner.value = null
    go('/sign-in')
  }
  return (
    <>
      <h3>{t.browsers}</h3>
      <AccessRows
        rows={signIns.map(({ id, browser, usedAt, mine }) => ({
          id,
          name: mine ? `${shortly(browser)} (${t.thisBrowser})` : shortly(browser),
          usedAt,
        }))}
        label={t.signOut}
        onRemove={(id) => act(() => api.endSignIn(id))}
      />
      <div class="row">
        {mayLeave && (
          <button type="button" class="button" onClick={() => act(leave)}>
            {t.signOut}
          </button>
        )}
        <button type="button" class="button danger" onClick={() => act(() => api.endSignIn('all'))}>
          {t.signOutAll}
        </button>
      </div>
    </>
  )
}

/** “Firefox · Linux” of what a browser calls itself. */
function shortly(agent: string): string {
  const name = /(Firefox|Edg|OPR|Chrome|Safari|curl)/.exec(agent)?.[1] ?? agent.slice(0, 24)
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1]
  return system ? `${name} · ${system}` : name
}
