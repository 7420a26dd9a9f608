/** This server as it is now: what it runs, what it keeps, what leaves it; and how this reader wants to read. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { AccountSettings } from '../components/account-settings.tsx'
import { AppBar } from '../components/app-bar.tsx'
import { CopyButton } from '../components/copy-button.tsx'
import { KeySettings } from '../components/key-settings.tsx'
import { reasonOf } from '../components/problem.tsx'
import { ReadingFields } from '../components/reading-panel.tsx'
import { SettingsEndpoints } from '../components/settings-endpoints.tsx'
import { SettingsKeep } from '../components/settings-keep.tsx'
import { SettingsDiagnostics, SettingsStorage } from '../components/settings-machine.tsx'
import { SettingsModels } from '../components/settings-models.tsx'
import { SettingsTemplates } from '../components/settings-templates.tsx'
import { locale } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { Abilities, ServerInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { hideWhileAway } from '../state/brought-back.ts'
import { noteOwner, owner } from '../state/owner.ts'

/** The state of the recogniser changes by itself, ms. */
const REFRESH_MS = 5_000

export function SettingsPage() {
  useEffect(hideWhileAway, [])
  const t = text.value
  const [info, setInfo] = useState<ServerInfo | null>(null)
  const [abilities, setAbilities] = useState<Abilities | null>(null)
  const [problem, setProblem] = useState('')

  useEffect(() => {
    let stopped = false
    const load = () => {
      if (document.hidden) return
      Promise.all([api.info(), api.abilities()]).then(
        ([now, able]) => {
          if (stopped) return
          setInfo(now)
          setAbilities(able)
          setProblem('')
        },
        (error) => {
          if (stopped) return
          setProblem(reasonOf(error))
        },
      )
    }
    load()
    const timer = setInterval(load, REFRESH_MS)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }, [])
  useEffect(() => {
    // Asked once: whether this browser may see and change what is the owner's.
    if (owner.peek() === null)
      api.settings().then(
        () => noteOwner(),
        (error) => noteOwner(error),
      )
  }, [])
  useEffect(() => {
    document.title = `${t.setup.page} · Parley`
  }, [t])

  return (
    <>
      <AppBar />
      <main class="page setup" id="main">
        <h1>{t.setup.page}</h1>
        {problem && (
          <p class="notice warn" role="alert">
            {problem}
          </p>
        )}
        {!info && !problem && <div class="skeleton" aria-hidden="true" />}
        {info && <ThisServer info={info} />}
        {info && owner.value === true && (
          <>
            <Part id="models" title={t.setup.models}>
              <SettingsModels api={api} />
            </Part>
            <Part id="endpoints" title={t.setup.endpoints}>
              <SettingsEndpoints
                api={api}
                onChange={() => void api.abilities().then(setAbilities, () => {})}
              />
            </Part>
            <Part id="templates" title={t.setup.templates}>
              <SettingsTemplates api={api} />
            </Part>
          </>
        )}
        {info && (
          <Part id="kept" title={t.setup.keep}>
            <SettingsKeep api={api} keep={info.keep} />
          </Part>
        )}
        {info && abilities && <Leaves info={info} abilities={abilities} />}
        <Part id="account" title={t.access.account}>
          <AccountSettings />
        </Part>
        {owner.value && (
          <Part id="keys" title={t.access.keys}>
            <KeySettings />
          </Part>
        )}
        {info && owner.value === true && (
          <>
            <Part id="storage" title={t.setup.storage}>
              <SettingsStorage api={api} />
            </Part>
            <Part id="diagnostics" title={t.setup.diagnostics}>
              <SettingsDiagnostics api={api} />
            </Part>
          </>
        )}
        <Part id="reading" title={t.reading.title}>
          <p class="quiet small">{t.setup.readingHint}</p>
          <ReadingFields />
        </Part>
      </main>
    </>
  )
}

function Part({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="setup-part" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}

function Row({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="setup-row">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function ThisServer({ info }: { info: ServerInfo }) {
  const t = text.value.setup
  const { engine, urls } = info
  const speed = new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 })
  const addresses = [...urls.secure, ...urls.lan, urls.local]
  return (
    <Part id="server" title={t.server}>
      <dl>
        <Row label={t.state}>
          <span class={engine.ready ? undefined : 'partly'} role="status">
            {engine.ready ? t.ready : t.notReady}
          </span>
          {engine.detail && <span class="quiet"> · {engine.detail}</span>}
        </Row>
        <Row label={t.version}>{info.version}</Row>
        <Row label={t.model}>{engine.model}</Row>
        <Row label={t.backend}>{engine.backend}</Row>
        <Row label={t.speed}>
          {engine.realTimeFactor > 0 ? t.times(speed.format(engine.realTimeFactor)) : t.notMeasured}
        </Row>
        {engine.realTimeFactor > 0 && (
          <Row label={t.capacity}>
            {t.speaking(engine.activeSpeakers, engine.comfortable ?? engine.capacity, engine.capacity)}
          </Row>
        )}
        <Row label={t.addresses}>
          <ul class="setup-addresses">
            {addresses.map((url) => (
              <li key={url}>
                <a href={url} dir="ltr">
                  {url}
                </a>
                <span class="quiet small">
                  {urls.secure.includes(url) ? t.secure : url === urls.local ? t.local : t.lan}
                </span>
                <CopyButton value={url} about={url} />
              </li>
            ))}
          </ul>
        </Row>
      </dl>
    </Part>
  )
}

function Leaves({ info, abilities }: { info: ServerInfo; abilities: Abilities }) {
  const t = text.value.setup
  const { translation } = abilities
  return (
    <Part id="leaves" title={t.leaves}>
      <dl>
        <Row label={t.speech}>{info.engine.backend === 'openai' ? t.speechElsewhere : t.speechHere}</Row>
        <Row label={t.summaries}>{abilities.summaries ? t.on : t.off}</Row>
        <Row label={t.translation}>
          {translation ? t.on : t.off}
          {translation?.state === 'failing' && <span class="partly"> · {translation.detail}</span>}
        </Row>
      </dl>
      <p class="quiet small">{t.leavesHint}</p>
    </Part>
  )
}
