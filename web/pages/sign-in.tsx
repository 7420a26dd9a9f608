/** The owner's door: sign in with password or passkey, or set the account up by the link from the console (`#token`). */
import { useEffect, useState } from 'preact/hooks'
import { AppBar } from '../components/app-bar.tsx'
import { reasonOf } from '../components/problem.tsx'
import { secureAddress } from '../components/secure-address.ts'
import { text } from '../i18n/text.ts'
import type { AccountInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { makePasskey, passkeysWork, usePasskey } from '../net/passkey.ts'
import { go, hash } from '../router.ts'
import { noteOwner } from '../state/owner.ts'

export function SignInPage() {
  const t = text.value.access
  const [info, setInfo] = useState<AccountInfo | null>(null)
  const [token] = useState(() => (/^[0-9a-z]{32}$/.test(hash.peek()) ? hash.peek() : ''))
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const settingUp = token !== '' || (info?.owner === true && info.ways === null)

  useEffect(() => {
    document.title = `${t.signIn} · Parley`
    // The link works once: it need not stay in the address bar and the history.
    if (token) history.replaceState(null, '', '/sign-in')
    api.account().then(setInfo, () => setProblem(text.peek().common.offline))
  }, [])

  async function attempt(enter: () => Promise<boolean>): Promise<void> {
    setBusy(true)
    setProblem('')
    try {
      if (!(await enter())) return setProblem(t.passkeyFailed)
      noteOwner()
      go('/', true)
    } catch (error) {
      setProblem(reasonOf(error))
    } finally {
      setBusy(false)
    }
  }

  const byPassword = (password: string) =>
    attempt(async () => {
      if (settingUp) await api.setUpAccount({ ...(token && { token }), password })
      else await api.signIn({ password })
      return true
    })
  const byPasskey = () =>
    attempt(async () => {
      if (settingUp) {
        const passkey = await makePasskey(api, navigator.platform)
        if (passkey) await api.setUpAccount({ ...(token && { token }), passkey })
        return passkey !== null
      }
      const passkey = await usePasskey(api)
      if (passkey) await api.signIn({ passkey })
      return passkey !== null
    })

  if (!info && !problem) return <AppBar />
  const nothing = info !== null && info.ways === null && !settingUp
  const password = !nothing && (settingUp || info?.ways?.password)
  const passkey = !nothing && (settingUp || info?.ways?.passkey) && passkeysWork()
  return (
    <>
      <AppBar />
      <main class="page narrow" id="main">
        <form
          class="join-card panel"
          onSubmit={(event) => {
            event.preventDefault()
            void byPassword(String(new FormData(event.currentTarget).get('password') ?? ''))
          }}
        >
          <h1>{settingUp ? t.setUpTitle : t.signInTitle}</h1>
          {!isSecureContext && <SecureWay token={token} />}
          <p class="quiet">{nothing ? t.noAccount : settingUp ? t.setUpHint : t.signInHint}</p>
          {password && <PasswordField isNew={settingUp} />}
          {problem && (
            <p class="field-error" role="alert">
              {problem}
            </p>
          )}
          <div class="join-actions">
            {password && (
              <button type="submit" class="button primary big" disabled={busy}>
                {settingUp ? t.setUp : t.signIn}
              </button>
            )}
            {passkey && (
              <button type="button" class="button" disabled={busy} onClick={() => void byPasskey()}>
                {settingUp ? t.makePasskey : t.usePasskey}
              </button>
            )}
          </div>
        </form>
      </main>
    </>
  )
}

/** Over plain HTTP everybody in the network could read the password: the way to where they cannot. */
function SecureWay({ token }: { token: string }) {
  const [secure, setSecure] = useState<string | null>(null)
  useEffect(() => {
    api.info().then(
      (info) => setSecure(secureAddress(info)),
      () => {},
    )
  }, [])
  if (!secure) return null
  return (
    <p class="notice">
      <a href={`${secure.replace(/#.*/, '')}${token && `#${token}`}`}>{text.value.home.openSecure}</a>
    </p>
  )
}

/** The name beside it is for the browser's own memory of passwords. */
function PasswordField({ isNew }: { isNew: boolean }) {
  const t = text.value.access
  return (
    <>
      <input type="text" name="username" value="owner" autocomplete="username" hidden readOnly />
      <label class="field">
        {isNew ? t.newPassword : t.password}
        <input
          class="input"
          type="password"
          name="password"
          required
          minLength={isNew ? 10 : 1}
          maxLength={200}
          autocomplete={isNew ? 'new-password' : 'current-password'}
          aria-describedby={isNew ? 'password-hint' : undefined}
        />
      </label>
      {isNew && (
        <p class="quiet small" id="password-hint">
          {t.passwordHint}
        </p>
      )}
    </>
  )
}
